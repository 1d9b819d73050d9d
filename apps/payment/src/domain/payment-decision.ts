import type { PaymentCaptured, PaymentRefunded } from '@orderflow/contracts';
import { chargeKey, paymentReference, refundKey } from './charge-id.ts';
import type { Charge, ChargeRequest, PaymentEvent } from './payment.ts';

/**
 * What to ask of the payment provider; its answer comes back as a command. A time-out is no answer: ask again.
 *
 * The idempotency key is the same for every attempt, whichever message asks: the provider makes at most one charge for
 * an order, so asking again is how one learns what became of a call that nobody heard the answer of.
 */
export type ProviderCall =
  /**
   * Bring the charge to its end: `charge-captured` or `charge-declined`. When the order is over (on order.cancelled), or
   * patience with the provider is, the charge is not made but withdrawn at the provider, which then says that it never
   * will be (declined) or that it was made already (captured).
   */
  | { readonly kind: 'charge'; readonly idempotencyKey: string; readonly request: ChargeRequest }
  /** Answered by `refund-confirmed`. */
  | { readonly kind: 'refund'; readonly idempotencyKey: string; readonly charge: Charge };

export type PaymentDecision =
  /** Apply the events with `evolve`; then make the call, if there is one, and decide on its answer. */
  | { readonly kind: 'accepted'; readonly events: readonly PaymentEvent[]; readonly call?: ProviderCall }
  /** Nothing happens, and that is right. */
  | { readonly kind: 'ignored'; readonly because: 'repeated' | 'too-late' | 'nothing-charged' }
  /** What cannot be true of this payment: a person has to see it, so a handler makes it poison. */
  | { readonly kind: 'contradicted'; readonly because: string };

export const REPEATED: PaymentDecision = { kind: 'ignored', because: 'repeated' };
export const TOO_LATE: PaymentDecision = { kind: 'ignored', because: 'too-late' };
export const NOTHING_CHARGED: PaymentDecision = { kind: 'ignored', because: 'nothing-charged' };

export function contradicted(because: string): PaymentDecision {
  return { kind: 'contradicted', because };
}

/** @param events what is known before the provider is asked */
export function thenCharge(request: ChargeRequest, ...events: readonly PaymentEvent[]): PaymentDecision {
  return { kind: 'accepted', events, call: { kind: 'charge', idempotencyKey: chargeKey(request), request } };
}

/** @param events what is known before the provider is asked */
export function thenRefund(charge: Charge, ...events: readonly PaymentEvent[]): PaymentDecision {
  return { kind: 'accepted', events, call: { kind: 'refund', idempotencyKey: refundKey(charge), charge } };
}

export function done(...events: readonly PaymentEvent[]): PaymentDecision {
  return { kind: 'accepted', events };
}

export function captured(charge: Charge): PaymentEvent {
  return { type: 'captured', data: told(charge), charge };
}

export function declined(request: ChargeRequest, code: string): PaymentEvent {
  const { userId, orderId } = request;
  return { type: 'declined', data: { userId, orderId, code: declineCode(code) }, request };
}

export function refundStarted(charge: Charge): PaymentEvent {
  return { type: 'refund-started', data: charge };
}

export function refunded(charge: Charge): PaymentEvent {
  return { type: 'refunded', data: told(charge), charge };
}

function told({ userId, orderId, paymentId, amount }: Charge): PaymentCaptured & PaymentRefunded {
  return { userId, orderId, paymentId: paymentReference(paymentId), amount };
}

/** The provider's reason in the form of the contract: lower case, at most 64 characters. */
export function declineCode(code: string): string {
  const plain = code
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 64);
  return plain === '' || plain === '_' ? 'unknown' : plain;
}
