/** Others are taken to publish for so long after a row of theirs was read. */
const RECENT_MS = 1_000;
/** Rows of a key that are read at once: few beside others, which come in between. */
const ROWS_ALONE = 500;
const ROWS_BESIDE_OTHERS = 250;
/** A rest, as a multiple of the turn before it. */
const REST = 2;
/** A turn may be long because the broker does not answer. */
const MAX_REST_MS = 100;

/**
 * Says when keys with a long backlog may be read on. While others publish, each turn is followed by a rest of
 * twice its length: a key of millions of rows takes a third of the relay's time at most, and all of it when it is alone.
 * One for all streams of a relay.
 */
export class BacklogTurns {
  readonly #now: () => number;
  #beganAt: number | undefined;
  #restsUntil = -Infinity;
  #othersAt = -Infinity;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Rows of keys without a long backlog were read. */
  othersFound(): void {
    this.#othersAt = this.#now();
  }

  /** So many rows of a key may be read in a turn. */
  get rowsOfKey(): number {
    return this.#othersPublish ? ROWS_BESIDE_OTHERS : ROWS_ALONE;
  }

  /** Ends the turn before, and returns whether the next one begins. */
  next(): boolean {
    const now = this.#now();
    if (this.#beganAt !== undefined && this.#othersPublish)
      this.#restsUntil = now + Math.min(REST * (now - this.#beganAt), MAX_REST_MS);
    this.#beganAt = now < this.#restsUntil ? undefined : now;
    return this.#beganAt !== undefined;
  }

  /** How long it is until a turn may begin. */
  get restMs(): number {
    return Math.max(this.#restsUntil - this.#now(), 0);
  }

  get #othersPublish(): boolean {
    return this.#now() - this.#othersAt < RECENT_MS;
  }
}
