// What the model test of the whole shop drives: the pure decisions of this service. Nothing else leaves it.
export { decide } from './domain/decide-reservation.ts';
export { evolve, stockChangesOf } from './domain/evolve-reservation.ts';
export {
  NO_RESERVATION,
  type Reservation,
  type ReservationCommand,
  type ReservationEvent,
} from './domain/reservation.ts';
export { applyChanges, receiving, type StockLevels } from './domain/stock.ts';
