/** Others are taken to publish for so long after a row of theirs was read. */
const RECENT_MS = 1_000;
/** Rows of a key that are read at once: few beside others, which come in between. */
const ROWS_ALONE = 500;
const ROWS_BESIDE_OTHERS = 125;
/** A rest, as a multiple of the turn before it. */
const REST = 2;
/** A turn may be long because the broker does not answer. */
const MAX_TURN_MS = 100;
const MAX_REST_MS = 100;

/** Whether rows of keys without a long backlog are being published, in any stream of a relay. */
export class OtherRows {
  readonly #now: () => number;
  #at = -Infinity;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Some were read. */
  note(): void {
    this.#at = this.#now();
  }

  get areRecent(): boolean {
    return this.#now() - this.#at < RECENT_MS;
  }
}

/**
 * Says when the keys of a stream that have a long backlog may be read on. While others publish, each turn is followed by
 * a rest of twice its length: a key of millions of rows takes a third of the time at most, and all of it when it is alone.
 */
export class BacklogTurns {
  readonly #others: OtherRows;
  readonly #now: () => number;
  #beganAt: number | undefined;
  #restsUntil = -Infinity;

  constructor(others: OtherRows, now: () => number = () => performance.now()) {
    this.#others = others;
    this.#now = now;
  }

  /** So many rows of a key may be read in a turn. */
  get rowsOfKey(): number {
    return this.#others.areRecent ? ROWS_BESIDE_OTHERS : ROWS_ALONE;
  }

  /** How long it is until a turn may begin. */
  get restMs(): number {
    return this.#others.areRecent ? Math.max(this.#restsUntil - this.#now(), 0) : 0;
  }

  /** @param isUnderWay whether rows of the last turn are still being published */
  observe(isUnderWay: boolean): void {
    if (this.#beganAt === undefined) return;
    const tookMs = this.#now() - this.#beganAt;
    if (isUnderWay && tookMs < MAX_TURN_MS) return;
    this.#beganAt = undefined;
    this.#restsUntil = this.#now() + Math.min(REST * tookMs, MAX_REST_MS);
  }

  get mayBegin(): boolean {
    return !this.#others.areRecent || (this.#beganAt === undefined && this.restMs === 0);
  }

  begin(): void {
    this.#beganAt = this.#now();
  }
}
