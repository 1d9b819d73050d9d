// What the model test of the whole shop drives: the pure decisions of this service. Nothing else leaves it.
export { decide } from './domain/decide-payment.ts';
export { evolve } from './domain/evolve-payment.ts';
export type { ProviderCall } from './domain/payment-decision.ts';
export {
  factsOf,
  NO_PAYMENT,
  type PaymentCommand,
  type PaymentEvent,
  type PaymentFact,
  type PaymentState,
} from './domain/payment.ts';
