import { createHash } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U to misread. https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * `OF-XXXX-XXXX-XXXX`: 60 bits of the order id's SHA-256. The same for every attempt to ship an order, so that a
 * repeated shipment cannot get a second number; two orders share one with a chance of about n² / 2^61 for n orders.
 */
export function trackingNumberOf(orderId: string): string {
  const digest = createHash('sha256').update(orderId).digest();
  const letters = [...digest.subarray(0, 12)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  return `OF-${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;
}
