import type {
  Reservation,
  ReservationCommand,
  ReservationDecision,
  ReservationEvent,
} from './reservation.ts';
import { needsOf, shortagesOf } from './stock.ts';
import { trackingNumberOf } from './tracking-number.ts';

type Command<Type extends ReservationCommand['type']> = Extract<ReservationCommand, { type: Type }>;

const REPEATED: ReservationDecision = { kind: 'ignored', because: 'repeated' };
const TOO_LATE: ReservationDecision = { kind: 'ignored', because: 'too-late' };
const NOTHING_RESERVED: ReservationDecision = { kind: 'ignored', because: 'nothing-reserved' };

/** What a command makes of an order's reservation: every line is set aside or none. Pure and total. */
export function decide(state: Reservation, command: ReservationCommand): ReservationDecision {
  switch (command.type) {
    case 'reserve':
      return decideReserve(state, command);
    case 'ship':
      return decideShip(state, command);
    case 'release':
      return decideRelease(state, command);
  }
}

function decideReserve(state: Reservation, command: Command<'reserve'>): ReservationDecision {
  switch (state.status) {
    case 'none':
      return accepted(reservedOrRejected(command));
    case 'reserved':
    case 'rejected':
    case 'shipped':
      return REPEATED;
    case 'released':
    case 'closed':
      return TOO_LATE;
  }
}

function decideShip(state: Reservation, { order }: Command<'ship'>): ReservationDecision {
  switch (state.status) {
    case 'reserved':
      return accepted({
        type: 'shipped',
        data: { ...order, trackingNumber: trackingNumberOf(order.orderId), lines: state.lines },
      });
    case 'shipped':
      return REPEATED;
    // An order is paid only after its stock was reserved, and cancelled only before it is paid.
    case 'none':
    case 'rejected':
    case 'released':
    case 'closed':
      return contradicted(`a paid order holds no stock: its reservation is ${state.status}`);
  }
}

function decideRelease(state: Reservation, { order }: Command<'release'>): ReservationDecision {
  switch (state.status) {
    case 'none':
      return accepted({ type: 'closed', data: order });
    case 'reserved':
      return accepted({ type: 'released', data: { ...order, lines: state.lines } });
    case 'rejected':
      return NOTHING_RESERVED;
    case 'released':
    case 'closed':
      return REPEATED;
    case 'shipped':
      return contradicted('a shipped order was cancelled');
  }
}

function reservedOrRejected({ order, lines, levels }: Command<'reserve'>): ReservationEvent {
  const needs = needsOf(lines);
  const shortages = shortagesOf(needs, levels);
  return shortages.length === 0
    ? { type: 'reserved', data: { ...order, lines: needs } }
    : { type: 'rejected', data: { ...order, shortages } };
}

function accepted(event: ReservationEvent): ReservationDecision {
  return { kind: 'accepted', event };
}

function contradicted(because: string): ReservationDecision {
  return { kind: 'contradicted', because };
}
