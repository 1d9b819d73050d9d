import {
  InventoryRejected,
  InventoryReleased,
  InventoryReserved,
  InventoryShipped,
} from '@orderflow/contracts';
import type { ReservationEvent } from '../domain/reservation.ts';

/** The event as an instance of its contract; undefined for what is kept to oneself. The outbox checks it. */
export function publishedEvent(event: ReservationEvent): object | undefined {
  switch (event.type) {
    case 'reserved':
      return Object.assign(new InventoryReserved(), event.data);
    case 'rejected':
      return Object.assign(new InventoryRejected(), event.data);
    case 'released':
      return Object.assign(new InventoryReleased(), event.data);
    case 'shipped':
      return Object.assign(new InventoryShipped(), event.data);
    case 'closed':
      return undefined;
  }
}
