// What the model test of the whole shop drives: the pure decisions of this service. Nothing else leaves it.
export { decide, evolve } from './domain/decide-notification.ts';
export {
  type Correspondence,
  NO_CORRESPONDENCE,
  type NotificationEvent,
  type NotifiedFact,
} from './domain/notification.ts';
