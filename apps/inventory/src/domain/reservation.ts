import type {
  InventoryRejected,
  InventoryReleased,
  InventoryReserved,
  InventoryShipped,
  StockLine,
} from '@orderflow/contracts';
import type { StockLevels } from './stock.ts';

export interface Identity {
  readonly userId: string;
  readonly orderId: string;
}

/**
 * What is set aside for one order at one moment. `rejected`, `released`, `closed` and `shipped` are final.
 *
 * - `closed`: the order was cancelled before anything was set aside, and nothing may be any more
 */
export type Reservation =
  | { readonly status: 'none' }
  | { readonly status: 'reserved'; readonly lines: readonly StockLine[] }
  | { readonly status: 'rejected' }
  | { readonly status: 'released'; readonly lines: readonly StockLine[] }
  | { readonly status: 'closed' }
  | { readonly status: 'shipped'; readonly lines: readonly StockLine[] };

export type ReservationStatus = Reservation['status'];

export const NO_RESERVATION: Reservation = { status: 'none' };

export type ReservationCommand =
  /** On order.created. `levels` are those of the SKUs in `lines`, held against others until the decision is applied. */
  | {
      readonly type: 'reserve';
      readonly order: Identity;
      readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
      readonly levels: StockLevels;
    }
  /** On order.paid. */
  | { readonly type: 'ship'; readonly order: Identity }
  /** On order.cancelled. */
  | { readonly type: 'release'; readonly order: Identity };

/** `closed` is kept to oneself; the others are facts to publish. */
export type ReservationEvent =
  | { readonly type: 'reserved'; readonly data: InventoryReserved }
  | { readonly type: 'rejected'; readonly data: InventoryRejected }
  | { readonly type: 'released'; readonly data: InventoryReleased }
  | { readonly type: 'shipped'; readonly data: InventoryShipped }
  | { readonly type: 'closed'; readonly data: Identity };

export type ReservationDecision =
  /** It happens: `evolve` the reservation and apply `stockChangesOf(event)`, in one transaction. */
  | { readonly kind: 'accepted'; readonly event: ReservationEvent }
  /** Nothing happens, and that is right. */
  | { readonly kind: 'ignored'; readonly because: 'repeated' | 'too-late' | 'nothing-reserved' }
  /** What cannot be true of this order: a person has to see it, so a handler makes it poison. */
  | { readonly kind: 'contradicted'; readonly because: string };
