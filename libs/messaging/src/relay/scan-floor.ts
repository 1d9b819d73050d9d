import type { Horizon } from './relay-store.ts';

/** Row numbers that one look covers at most while there is more: most of them may belong to keys that it leaves out. */
const SPAN = 50_000;

/**
 * Where the looks at a stream begin: at or below the floor no row can be waiting that the relay does not know. Without it
 * each look would walk over the index entries of all that was published, which stay as long as an old snapshot is held.
 *
 * Numbers are drawn at insert and seen at commit, so the floor passes a number only when all transactions that may have
 * drawn it have ended and a later look has covered it. A snapshot without writes, as that of a backup, does not hold it back.
 */
export class ScanFloor {
  #floor = 0;
  #covered = 0;
  #drawn = 0;
  #observed: Horizon | undefined;
  /** When all transactions below `xmax` have ended, no number up to `upTo` can appear. */
  #candidate: { upTo: number; xmax: number } | undefined;
  /** Of the look that is under way: what it may raise the floor to. */
  #certain = 0;

  get value(): number {
    return this.#floor;
  }

  /** Numbers up to here were covered by some look, late ones aside. */
  get covered(): number {
    return this.#covered;
  }

  /** More is left than one look covers, of which no row is still to appear. */
  get maySkip(): boolean {
    return this.#certain - this.#covered > SPAN;
  }

  /** What the next look covers. */
  get range(): { after: number; upTo: number | undefined } {
    const upTo = this.#covered + SPAN;
    return { after: this.#floor, upTo: upTo < this.#drawn ? upTo : undefined };
  }

  /** Called before a look. The same horizon may be given again, and tells nothing then. */
  observe(horizon: Horizon): void {
    if (horizon === this.#observed) return;
    this.#observed = horizon;
    const { drawn, xmin, xmax } = horizon;
    if (this.#candidate !== undefined && xmin >= this.#candidate.xmax) {
      this.#certain = Math.max(this.#certain, this.#candidate.upTo);
      this.#candidate = undefined;
    }
    if (this.#drawn > 0) this.#candidate ??= { upTo: this.#drawn, xmax };
    this.#drawn = drawn;
  }

  /** @param upTo the number up to which the look returned all rows; undefined when it returned all that there are */
  looked(upTo: number | undefined): void {
    const reached = upTo ?? this.#drawn;
    this.#covered = Math.max(this.#covered, reached);
    this.#floor = Math.max(this.#floor, Math.min(this.#certain, reached));
  }

  /** Looks begin behind all that cannot appear any more: the keys of what lies there are read by themselves. */
  skip(): void {
    this.#covered = Math.max(this.#covered, this.#certain);
    this.#floor = Math.max(this.#floor, this.#certain);
  }

  /** Rows with smaller numbers may have come back. */
  reset(): void {
    this.#floor = 0;
    this.#covered = 0;
    this.#certain = 0;
    this.#candidate = undefined;
  }
}
