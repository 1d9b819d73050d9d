import type { LiveDeadLetter, LiveFact } from './fact-feed.ts';

export interface BoardRow {
  orderId: string;
  user: string;
  /** What the order shows; empty until its POST is answered. */
  title: string;
  /** Facts by stream, in the order of their arrival. */
  facts: Map<string, string[]>;
  beganAt: number;
  lastAt: number;
}

/** A fact of one order. Events of two streams may have one name. */
export interface AwaitedFact {
  stream: string;
  event: string;
  orderId: string;
}

interface Waiting extends AwaitedFact {
  arrived: () => void;
}

const isSame = (a: AwaitedFact, b: AwaitedFact): boolean =>
  a.orderId === b.orderId && a.event === b.event && a.stream === b.stream;

/** What is known of the orders of this run, by the facts that have come in. */
export class OrderBoard {
  readonly #rows = new Map<string, BoardRow>();
  readonly #deadLetters: LiveDeadLetter[] = [];
  readonly #known: LiveFact[] = [];
  #waiting: Waiting[] = [];

  rows(): BoardRow[] {
    return [...this.#rows.values()];
  }

  deadLetters(): readonly LiveDeadLetter[] {
    return this.#deadLetters;
  }

  title(orderId: string, user: string, title: string): void {
    this.#row(orderId, user).title = title;
  }

  fact(fact: LiveFact): void {
    this.#known.push(fact);
    if (fact.orderId !== '') {
      const row = this.#row(fact.orderId, fact.key);
      const events = row.facts.get(fact.stream) ?? [];
      row.facts.set(fact.stream, [...events, fact.event]);
      row.lastAt = Date.now();
    }
    for (const { arrived } of this.#waiting.filter((waiting) => isSame(waiting, fact))) arrived();
    this.#waiting = this.#waiting.filter((waiting) => !isSame(waiting, fact));
  }

  deadLetter(dead: LiveDeadLetter): void {
    this.#deadLetters.push(dead);
  }

  find(wanted: AwaitedFact): LiveFact | undefined {
    return this.#known.find((fact) => isSame(fact, wanted));
  }

  /** Whether the fact is there, as soon as it is; false once the signal says to wait no longer. */
  async until(awaited: AwaitedFact, signal: AbortSignal): Promise<boolean> {
    if (this.#known.some((fact) => isSame(fact, awaited))) return true;
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ ...awaited, arrived: () => resolve(true) });
    const giveUp = (): void => resolve(false);
    signal.addEventListener('abort', giveUp, { once: true });
    return await promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  #row(orderId: string, user: string): BoardRow {
    const known = this.#rows.get(orderId);
    if (known !== undefined) return known;
    const now = Date.now();
    const row: BoardRow = { orderId, user, title: '', facts: new Map(), beganAt: now, lastAt: now };
    this.#rows.set(orderId, row);
    return row;
  }
}
