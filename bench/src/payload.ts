import { randomBytes } from 'node:crypto';

/** As in the issue of the benchmark: every message, of everyone, carries this much that no compression makes smaller. */
export const PAYLOAD_BYTES = 1_024;

const distinct = 64;

/** Payloads to take in turn: random, made before the clock starts. */
export function payloads(): readonly Uint8Array[] {
  return Array.from({ length: distinct }, () => randomBytes(PAYLOAD_BYTES));
}

/** The same as text, for those who carry JSON: 1,024 characters of base64, which do not compress below 6 bits of 8. */
export function textPayloads(): readonly string[] {
  return Array.from({ length: distinct }, () => randomBytes((PAYLOAD_BYTES * 3) / 4).toString('base64'));
}

/** The n-th in turn. */
export function inTurn<T>(items: readonly T[], n: number): T {
  const item = items[n % items.length];
  if (item === undefined) throw new Error('there is nothing to take in turn');
  return item;
}
