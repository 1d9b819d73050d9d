/** As many as a busy process needs to make the fixed cost of a transaction small beside that of its messages. */
const LEAST = 100;
/**
 * Bounds what a failure rolls back, and what is handled again after a crash; and the locks that a transaction takes: one for
 * each key that it publishes for, in a table that all services of a PostgreSQL share (`max_locks_per_transaction`).
 */
const MOST = 250;

/** Full batches that end sooner may be larger: nobody waits long for a place in the next one. */
const QUICK_MS = 25;
/** A takeover of a partition waits for the transaction that runs. */
const SLOW_MS = 100;

/**
 * How many messages one transaction takes at most. It grows while there is more waiting than one takes and they are
 * quick, and shrinks when they are slow. Without a backlog it has no effect: a batch is what has arrived.
 */
export class BatchSize {
  readonly #least: number;
  #limit: number;

  /** @param least messages that a transaction may take however slow they are */
  constructor(least = LEAST) {
    this.#least = least;
    this.#limit = least;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A transaction has ended, however. */
  record(messages: number, tookMs: number): void {
    if (tookMs > SLOW_MS) this.#limit = Math.max(this.#least, Math.floor(this.#limit / 2));
    else if (messages >= this.#limit && tookMs < QUICK_MS) this.#limit = Math.min(MOST, this.#limit * 2);
  }
}
