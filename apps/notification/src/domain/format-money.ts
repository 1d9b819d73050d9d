import type { Money } from '@orderflow/contracts';

/**
 * `19.99 EUR`, `1999 JPY`. Works on the digits, because dividing by 100 would lose cents of very large amounts. The
 * number of digits comes from the runtime's ISO 4217 table.
 */
export function formatMoney({ amount, currency }: Money): string {
  const digits = minorDigits(currency);
  if (digits === 0) return `${String(amount)} ${currency}`;
  const padded = String(amount).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)} ${currency}`;
}

/** Making a formatter takes longer than all the rest of an e-mail, and there are a few hundred currencies at most. */
const knownDigits = new Map<string, number>();

function minorDigits(currency: string): number {
  const known = knownDigits.get(currency);
  if (known !== undefined) return known;
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  knownDigits.set(currency, digits);
  return digits;
}
