import {
  captured,
  contradicted,
  declined,
  done,
  NOTHING_CHARGED,
  refunded,
  refundStarted,
  REPEATED,
  thenRefund,
  type PaymentDecision,
} from './payment-decision.ts';
import type { Charge, ChargeRequest, PaymentState } from './payment.ts';

/** Money was taken. */
export function decideCaptured(state: PaymentState, charge: Charge): PaymentDecision {
  switch (state.status) {
    case 'charging':
      return done(captured(charge));
    case 'cancelling':
    // The answer of an attempt that was under way when the order was cancelled.
    case 'cancelled':
      return thenRefund(charge, captured(charge), refundStarted(charge));
    case 'captured':
    case 'refunding':
    case 'refunded':
      return state.charge.paymentId === charge.paymentId
        ? REPEATED
        : contradicted('the provider charged twice for one order');
    case 'declined':
      return contradicted('the provider charged after it had declined');
    case 'none':
      return contradicted('the provider charged what nobody asked for');
  }
}

/** The provider will not take the money, now or later. */
export function decideDeclined(state: PaymentState, request: ChargeRequest, code: string): PaymentDecision {
  switch (state.status) {
    case 'charging':
    case 'cancelling':
      return done(declined(request, code));
    case 'declined':
      return REPEATED;
    case 'cancelled':
      return NOTHING_CHARGED;
    case 'captured':
    case 'refunding':
    case 'refunded':
      return contradicted('the provider declined after it had charged');
    case 'none':
      return contradicted('the provider declined what nobody asked for');
  }
}

/** The money went back. */
export function decideRefunded(state: PaymentState, charge: Charge): PaymentDecision {
  switch (state.status) {
    case 'refunding':
      return state.charge.paymentId === charge.paymentId
        ? done(refunded(state.charge))
        : contradicted('the provider refunded another charge');
    case 'refunded':
      return REPEATED;
    case 'none':
    case 'charging':
    case 'cancelling':
    case 'captured':
    case 'declined':
    case 'cancelled':
      return contradicted('the provider refunded what nobody asked for');
  }
}
