import { decideCaptured, decideDeclined, decideRefunded } from './decide-provider-answer.ts';
import {
  contradicted,
  done,
  NOTHING_CHARGED,
  refundStarted,
  REPEATED,
  thenCharge,
  thenRefund,
  TOO_LATE,
  type PaymentDecision,
} from './payment-decision.ts';
import type { ChargeRequest, Identity, PaymentCommand, PaymentState } from './payment.ts';

/**
 * What a command makes of a payment, and what to ask of the provider. Pure and total; the table of every state and
 * command is in `decide-payment.spec.ts`. Money that was taken is published as captured or, if the order was cancelled
 * meanwhile, as captured and then refunded: captured - refunded is always what the provider holds for us.
 */
export function decide(state: PaymentState, command: PaymentCommand): PaymentDecision {
  switch (command.type) {
    case 'charge':
      return decideCharge(state, command.request);
    case 'cancel':
      return decideCancel(state, command.order);
    case 'charge-captured':
      return decideCaptured(state, command.charge);
    case 'charge-declined':
      return decideDeclined(state, command.request, command.code);
    case 'refund-confirmed':
      return decideRefunded(state, command.charge);
  }
}

function decideCharge(state: PaymentState, request: ChargeRequest): PaymentDecision {
  switch (state.status) {
    case 'none':
      return thenCharge(request, { type: 'charge-started', data: request });
    // An attempt ended without an answer: the same key brings out what became of it.
    case 'charging':
      return sameCharge(state.request, request)
        ? thenCharge(state.request)
        : contradicted(
            'its charge began with another amount or token, which the provider keeps under its key',
          );
    case 'captured':
    case 'declined':
      return REPEATED;
    // Redriven after the cancellation went ahead of it: an order that is over is not charged.
    case 'cancelling':
    case 'refunding':
    case 'refunded':
    case 'cancelled':
      return TOO_LATE;
  }
}

function decideCancel(state: PaymentState, order: Identity): PaymentDecision {
  switch (state.status) {
    case 'none':
      return done({ type: 'closed', data: order });
    // Nobody knows whether money was taken: the provider has to say so, and what was taken goes back.
    case 'charging':
    case 'cancelling':
      return thenCharge(state.request, { type: 'cancel-started', data: state.request });
    case 'captured':
    case 'refunding':
      return thenRefund(state.charge, refundStarted(state.charge));
    case 'refunded':
    case 'cancelled':
      return REPEATED;
    case 'declined':
      return NOTHING_CHARGED;
  }
}

/** The provider makes the first request of a key only: an edited amount or token would be ignored without a word. */
function sameCharge(known: ChargeRequest, asked: ChargeRequest): boolean {
  return (
    known.amount.amount === asked.amount.amount &&
    known.amount.currency === asked.amount.currency &&
    known.paymentToken === asked.paymentToken
  );
}
