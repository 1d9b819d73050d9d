import { NO_RESERVATION, type Reservation, type ReservationEvent } from './reservation.ts';
import { releasing, reserving, shipping, type StockChanges } from './stock.ts';

/** The reservation after an event that `decide` gave for it. */
export function evolve(_state: Reservation, event: ReservationEvent): Reservation {
  switch (event.type) {
    case 'reserved':
      return { status: 'reserved', lines: event.data.lines };
    case 'rejected':
      return { status: 'rejected' };
    case 'released':
      return { status: 'released', lines: event.data.lines };
    case 'shipped':
      return { status: 'shipped', lines: event.data.lines };
    case 'closed':
      return { status: 'closed' };
  }
}

/** What an event moves in the house. It creates and destroys nothing: each SKU's figures add up to zero. */
export function stockChangesOf(event: ReservationEvent): StockChanges {
  switch (event.type) {
    case 'reserved':
      return reserving(event.data.lines);
    case 'released':
      return releasing(event.data.lines);
    case 'shipped':
      return shipping(event.data.lines);
    case 'rejected':
    case 'closed':
      return new Map();
  }
}

/** The reservation that a history of events tells. */
export function replay(events: readonly ReservationEvent[]): Reservation {
  return events.reduce(evolve, NO_RESERVATION);
}
