import type { Captured, Declined, Fact, Refunded } from './fact.ts';

/** All that is known of one Idempotency-Key. */
export interface KeyHistory {
  bodyHash: string;
  /** Calls that ended without a decision. */
  undecided: number;
  decision: Captured | Declined | undefined;
}

/** The state that the facts add up to. */
export class Book {
  readonly #keys = new Map<string, KeyHistory>();
  readonly #charges = new Map<string, Captured>();
  readonly #refunds = new Map<string, Refunded>();
  readonly #withdrawn = new Set<string>();

  apply(fact: Fact): void {
    switch (fact.fact) {
      case 'called':
        this.#history(fact).undecided += 1;
        return;
      case 'captured':
        this.#history(fact).decision = fact;
        this.#charges.set(fact.chargeId, fact);
        return;
      case 'declined':
        this.#history(fact).decision = fact;
        return;
      case 'refunded':
        this.#refunds.set(fact.chargeId, fact);
        return;
      case 'withdrawn':
        this.#withdrawn.add(fact.key);
        return;
    }
  }

  key(key: string): KeyHistory | undefined {
    return this.#keys.get(key);
  }

  isWithdrawn(key: string): boolean {
    return this.#withdrawn.has(key);
  }

  charges(): Captured[] {
    return [...this.#charges.values()];
  }

  charge(chargeId: string): Captured | undefined {
    return this.#charges.get(chargeId);
  }

  refundOf(chargeId: string): Refunded | undefined {
    return this.#refunds.get(chargeId);
  }

  #history({ key, bodyHash }: { key: string; bodyHash: string }): KeyHistory {
    const known = this.#keys.get(key) ?? { bodyHash, undecided: 0, decision: undefined };
    this.#keys.set(key, known);
    return known;
  }
}
