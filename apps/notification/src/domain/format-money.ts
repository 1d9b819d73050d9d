import type { Money } from '@orderflow/contracts';
import { minorDigits } from './minor-digits.ts';

/** `19.99 EUR`, `1999 JPY`. Works on the digits, because dividing by 100 would lose cents of very large amounts. */
export function formatMoney({ amount, currency }: Money): string {
  const digits = minorDigits(currency);
  if (digits === 0) return `${String(amount)} ${currency}`;
  const padded = String(amount).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)} ${currency}`;
}
