import type { Money } from '@orderflow/contracts';

/** Sums are exact or refused: beyond 2^53 - 1 minor units a double would round them silently. */
export type MoneyResult =
  | { readonly kind: 'money'; readonly money: Money }
  | { readonly kind: 'refused'; readonly because: 'too-large' | 'other-currency' | 'not-whole' };

/** Nothing, in a currency (ISO 4217). */
export function zero(currency: string): Money {
  return { amount: 0, currency };
}

export function add(left: Money, right: Money): MoneyResult {
  if (left.currency !== right.currency) return { kind: 'refused', because: 'other-currency' };
  return whole(left.amount + right.amount, left.currency);
}

/** @param times a whole number, not negative */
export function multiply(money: Money, times: number): MoneyResult {
  if (!Number.isInteger(times) || times < 0) return { kind: 'refused', because: 'not-whole' };
  return whole(money.amount * times, money.currency);
}

/** A rounded double may look whole, but is never a safe integer. */
function whole(amount: number, currency: string): MoneyResult {
  if (amount > Number.MAX_SAFE_INTEGER) return { kind: 'refused', because: 'too-large' };
  if (!Number.isInteger(amount) || amount < 0) return { kind: 'refused', because: 'not-whole' };
  return { kind: 'money', money: { amount, currency } };
}
