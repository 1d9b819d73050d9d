import type { PaymentDecision } from './payment-decision.ts';
import type {
  Charge,
  ChargeRequest,
  Identity,
  PaymentCommand,
  PaymentState,
  PaymentStatus,
} from './payment.ts';

export const order: Identity = { userId: 'ada', orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f' };
export const request: ChargeRequest = {
  ...order,
  amount: { amount: 1_798, currency: 'EUR' },
  paymentToken: 'tok_approve',
};
export const charge: Charge = { ...request, paymentId: 'ch_1' };

/** A payment in each status. */
export const states: Readonly<Record<PaymentStatus, PaymentState>> = {
  none: { status: 'none' },
  charging: { status: 'charging', request },
  cancelling: { status: 'cancelling', request },
  captured: { status: 'captured', charge },
  refunding: { status: 'refunding', charge },
  refunded: { status: 'refunded', charge },
  declined: { status: 'declined', request, code: 'card_declined' },
  cancelled: { status: 'cancelled', order },
};

/** A command of each type, about the payment above. */
export const commands: Readonly<Record<PaymentCommand['type'], PaymentCommand>> = {
  charge: { type: 'charge', request },
  cancel: { type: 'cancel', order },
  'charge-captured': { type: 'charge-captured', charge },
  'charge-declined': { type: 'charge-declined', request, code: 'card_declined' },
  'refund-confirmed': { type: 'refund-confirmed', charge },
};

/** A decision in one line: `captured, refund-started -> refund`, `too-late`, `contradicted`. */
export function inWords(decision: PaymentDecision): string {
  if (decision.kind === 'ignored') return decision.because;
  if (decision.kind === 'contradicted') return 'contradicted';
  const events = decision.events.map((event) => event.type).join(', ');
  return decision.call === undefined ? events : `${events} -> ${decision.call.kind}`.trim();
}
