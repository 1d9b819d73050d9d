/** After a full read it rests this many times as long as that took, so that handlers go first when much is waiting. */
const REST = 10;
const MAX_REST_MS = 1_000;

/** Delay between the reads of a low-priority reader: long under load, unless it would fall behind. */
export class ReadPace {
  readonly #idleMs: number;
  /** Messages that were waiting when it last rested. */
  #waitingAtRest = Infinity;

  /** @param idleMs the pause when nothing is left to read */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /**
   * @param tookMs of the last read
   * @param waiting messages that are left, or undefined when it read all
   */
  pauseMs(tookMs: number, waiting: number | undefined): number {
    if (waiting !== undefined && waiting > this.#waitingAtRest) return 0;
    this.#waitingAtRest = waiting ?? Infinity;
    return waiting === undefined ? this.#idleMs : Math.min(REST * tookMs, MAX_REST_MS);
  }
}
