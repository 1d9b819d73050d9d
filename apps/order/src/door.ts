// What the model test of the whole shop drives: the pure decisions of this service. Nothing else leaves it.
export { decide } from './domain/decide-order.ts';
export { evolve } from './domain/evolve-order.ts';
export {
  NO_ORDER,
  type OrderCommand,
  type OrderDetails,
  type OrderEvent,
  type OrderState,
} from './domain/order.ts';
