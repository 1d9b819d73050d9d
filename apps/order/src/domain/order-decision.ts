import type { CancelReason, Money } from '@orderflow/contracts';
import type { OrderDetails, OrderEvent } from './order.ts';

/** Why a user's wish is refused. */
export type OrderRefusal =
  | 'order_unknown'
  | 'order_already_placed'
  | 'order_already_paid'
  | 'order_already_shipped'
  | 'order_already_cancelled';

export type OrderDecision =
  /** It happens: apply the events with `evolve` and publish them, in one transaction. */
  | { readonly kind: 'accepted'; readonly events: readonly [OrderEvent, ...OrderEvent[]] }
  /** Nothing happens, and that is right: said before (`repeated`), or the order went another way (`too-late`). */
  | { readonly kind: 'ignored'; readonly because: 'repeated' | 'too-late' }
  /** The user asked for what can no longer be had. */
  | { readonly kind: 'refused'; readonly code: OrderRefusal }
  /**
   * A fact that cannot be true of this order, whatever the order of arrival: each service answers only what this one
   * published, after committing it. It is no retry's business; a person has to see it, so a handler makes it poison.
   */
  | { readonly kind: 'contradicted'; readonly because: string };

export const REPEATED: OrderDecision = { kind: 'ignored', because: 'repeated' };
export const TOO_LATE: OrderDecision = { kind: 'ignored', because: 'too-late' };

export function accepted(first: OrderEvent, ...more: readonly OrderEvent[]): OrderDecision {
  return { kind: 'accepted', events: [first, ...more] };
}

export function refused(code: OrderRefusal): OrderDecision {
  return { kind: 'refused', code };
}

export function contradicted(because: string): OrderDecision {
  return { kind: 'contradicted', because };
}

export function placed(details: OrderDetails): OrderDecision {
  return accepted({ type: 'created', data: details }, { type: 'stock-due', data: identity(details) });
}

export function reserved(details: OrderDetails): OrderDecision {
  const { total, paymentToken } = details;
  return accepted(
    { type: 'reserved', data: { ...identity(details), total, paymentToken } },
    { type: 'payment-due', data: identity(details) },
  );
}

/** Only the whole order counts: another amount is an error of somebody's that a person has to look at. */
export function paid(details: OrderDetails, payment: { paymentId: string; amount: Money }): OrderDecision {
  const { total } = details;
  if (payment.amount.currency !== total.currency || payment.amount.amount !== total.amount) {
    return contradicted(`payment-captured of another amount than the order's total`);
  }
  return accepted({ type: 'paid', data: { ...identity(details), total, paymentId: payment.paymentId } });
}

/** The same payment told again is nothing new; another one has taken the money twice. */
export function repeatedCapture(paymentId: string, again: string): OrderDecision {
  return paymentId === again ? REPEATED : contradicted('payment-captured twice, with different payments');
}

export function shipped(details: OrderDetails, trackingNumber: string): OrderDecision {
  return accepted({ type: 'shipped', data: { ...identity(details), trackingNumber } });
}

export function cancelled(details: OrderDetails, reason: CancelReason): OrderDecision {
  return accepted({ type: 'cancelled', data: { ...identity(details), reason } });
}

function identity({ userId, orderId }: OrderDetails): { userId: string; orderId: string } {
  return { userId, orderId };
}
