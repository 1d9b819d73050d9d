/** What the sandbox writes down, one line each. Tokens are not among it. */
export type Fact = Called | Captured | Declined | Refunded | Withdrawn;

interface Charging {
  /** The caller's Idempotency-Key. */
  key: string;
  bodyHash: string;
  at: string;
}

/** A call that ended without a decision: a 503, or no answer at all. */
export interface Called extends Charging {
  fact: 'called';
}

export interface Captured extends Charging {
  fact: 'captured';
  chargeId: string;
  amount: number;
  currency: string;
}

export interface Declined extends Charging {
  fact: 'declined';
  code: string;
}

export interface Refunded {
  fact: 'refunded';
  refundId: string;
  chargeId: string;
  at: string;
}

/** The caller gave up a key without a decision: nothing is charged under it any more. */
export interface Withdrawn {
  fact: 'withdrawn';
  key: string;
  at: string;
}

/** Written by this program alone, so the kind says the rest; it is here to notice the file of another program. */
export function isFact(value: unknown): value is Fact {
  if (typeof value !== 'object' || value === null || !('fact' in value)) return false;
  return ['called', 'captured', 'declined', 'refunded', 'withdrawn'].includes(String(value.fact));
}
