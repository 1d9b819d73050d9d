import { createHash } from 'node:crypto';
import type { Identity } from './payment.ts';

const MAX_STORED_LENGTH = 1_024;
/** As `IsReference` of the contracts. */
const REFERENCE = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * Whether the provider's id of a charge can be kept exactly as it is. PostgreSQL stores no NUL and no half of a surrogate
 * pair, and a refund under another id would go nowhere.
 */
export function isStorableChargeId(chargeId: string): boolean {
  const { length } = chargeId;
  return length > 0 && length <= MAX_STORED_LENGTH && !chargeId.includes('\0') && chargeId.isWellFormed();
}

/**
 * The payment's id in our own facts: the provider's id where the contracts allow it, otherwise a digest of it, which is
 * always the same. The provider's own id stays in the table `payment`: refunds need it.
 */
export function paymentReference(chargeId: string): string {
  if (REFERENCE.test(chargeId)) return chargeId;
  return `ref_${createHash('sha256').update(chargeId).digest('base64url')}`;
}

/**
 * The provider makes one charge and one refund for each of these. An order's id may come in upper case and is read back from
 * the database in lower case.
 */
export function chargeKey({ orderId }: Identity): string {
  return `charge-${orderId.toLowerCase()}`;
}

export function refundKey({ orderId }: Identity): string {
  return `refund-${orderId.toLowerCase()}`;
}
