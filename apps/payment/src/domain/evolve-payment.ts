import { NO_PAYMENT, type PaymentEvent, type PaymentState } from './payment.ts';

/** The payment after an event that `decide` gave for it. */
export function evolve(_state: PaymentState, event: PaymentEvent): PaymentState {
  switch (event.type) {
    case 'charge-started':
      return { status: 'charging', request: event.data };
    case 'cancel-started':
      return { status: 'cancelling', request: event.data };
    case 'captured':
      return { status: 'captured', charge: event.charge };
    case 'declined':
      return { status: 'declined', request: event.request, code: event.data.code };
    case 'refund-started':
      return { status: 'refunding', charge: event.data };
    case 'refunded':
      return { status: 'refunded', charge: event.charge };
    case 'closed':
      return { status: 'cancelled', order: event.data };
  }
}

/** The payment that a history of events tells. */
export function replay(events: readonly PaymentEvent[]): PaymentState {
  return events.reduce(evolve, NO_PAYMENT);
}
