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

/** A larger transaction pays if a message in it takes less than this share of its time in a smaller one. */
const WORTH_IT = 0.7;

/** A transaction, and how long each of its messages took. */
interface Pace {
  readonly messages: number;
  readonly msEach: number;
}

const UNKNOWN: Pace = { messages: 0, msEach: Infinity };

/**
 * How many messages one transaction takes at most. It grows while there is more waiting than one takes and they are
 * quick, and shrinks when they are slow. Without a backlog it has no effect: a batch is what has arrived.
 *
 * A process begins with one message, because it does not know how slow they are: in a transaction with slow ones a quick one of
 * another key is not handled before all of them are, and all are lost if one of them ends the process.
 */
export class BatchSize {
  readonly #least: number;
  #limit = 1;
  #last = UNKNOWN;

  /** @param least messages that a transaction may take however slow they are, unless it begins */
  constructor(least = LEAST) {
    this.#least = least;
  }

  /** What comes now may be slower, or end the process. */
  beginAnew(): void {
    this.#limit = 1;
    this.#last = UNKNOWN;
  }

  get limit(): number {
    return this.#limit;
  }

  /**
   * A transaction has ended, however.
   *
   * @param failed one of its messages failed: how long that took says little about how slow they are
   */
  record(messages: number, tookMs: number, failed = false): void {
    if (this.#limit < this.#least) this.#begin(messages, failed ? 0 : tookMs);
    else if (tookMs > SLOW_MS) this.#limit = Math.max(this.#least, Math.floor(this.#limit / 2));
    else if (messages >= this.#limit && tookMs < QUICK_MS) this.#limit = Math.min(MOST, this.#limit * 2);
  }

  /** A slow database makes each transaction slow, whatever is in it: then larger ones are better. */
  #begin(messages: number, tookMs: number): void {
    if (messages !== this.#limit) return;
    const now = { messages, msEach: tookMs / messages };
    const grows = tookMs <= SLOW_MS || paysToGrow(this.#last, now);
    this.#last = now;
    this.#limit = grows ? Math.min(this.#least, this.#limit * 2) : Math.max(1, Math.floor(this.#limit / 2));
  }
}

/** Twice the same size says nothing: then a larger one is tried. */
function paysToGrow(last: Pace, now: Pace): boolean {
  if (now.messages === last.messages) return true;
  const [smaller, larger] = now.messages > last.messages ? [last, now] : [now, last];
  return larger.msEach < smaller.msEach * WORTH_IT;
}
