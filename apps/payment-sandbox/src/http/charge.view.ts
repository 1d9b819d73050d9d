import { Problem } from '@orderflow/service';
import type { Captured, Declined, Refunded } from '../domain/fact.ts';

export interface ChargeView {
  chargeId: string;
  status: 'captured';
  amount: number;
  currency: string;
}

export interface ListedCharge {
  chargeId: string;
  idempotencyKey: string;
  status: 'captured' | 'refunded';
  amount: number;
  currency: string;
  chargedAt: string;
  refundedAt: string | null;
}

/** @throws Problem 402 with the member `code` for a decline */
export function chargeView(decision: Captured | Declined): ChargeView {
  if (decision.fact === 'declined') {
    const { code } = decision;
    throw new Problem({ status: 402, detail: 'The charge was declined.', extensions: { code } });
  }
  const { chargeId, amount, currency } = decision;
  return { chargeId, status: 'captured', amount, currency };
}

export function listedCharge(charge: Captured, refund: Refunded | undefined): ListedCharge {
  return {
    chargeId: charge.chargeId,
    idempotencyKey: charge.key,
    status: refund === undefined ? 'captured' : 'refunded',
    amount: charge.amount,
    currency: charge.currency,
    chargedAt: charge.at,
    refundedAt: refund?.at ?? null,
  };
}

/** 402, as for a decline: to the caller it is one. */
export function withdrawnCharge(): Problem {
  const extensions = { code: 'charge_cancelled' };
  return new Problem({ status: 402, detail: 'The charge was cancelled before it was made.', extensions });
}
