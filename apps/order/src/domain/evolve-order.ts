import { NO_ORDER, type OrderEvent, type OrderState } from './order.ts';

/**
 * The order after an event. Total: an event that does not follow from the state leaves it as it is, so that replaying
 * a history that `decide` wrote, repetitions included, always ends in the same state.
 */
export function evolve(state: OrderState, event: OrderEvent): OrderState {
  switch (event.type) {
    case 'created':
      return state.status === 'none' ? { status: 'created', details: event.data } : state;
    case 'reserved':
      return state.status === 'created' ? { status: 'reserved', details: state.details } : state;
    case 'paid':
      return state.status === 'reserved'
        ? { status: 'paid', details: state.details, paymentId: event.data.paymentId }
        : state;
    case 'shipped':
      return state.status === 'paid'
        ? { ...state, status: 'shipped', trackingNumber: event.data.trackingNumber }
        : state;
    case 'cancelled':
      return state.status === 'created' || state.status === 'reserved'
        ? { status: 'cancelled', details: state.details, reason: event.data.reason }
        : state;
    // A reminder that is on its way changes nothing until it arrives.
    case 'stock-due':
    case 'payment-due':
      return state;
  }
}

/** The order that a history of events tells. */
export function replay(events: readonly OrderEvent[]): OrderState {
  return events.reduce(evolve, NO_ORDER);
}
