import type { Source } from './lane.ts';

/** Messages that are handled by themselves at once, and how many of them may come from the database. */
const MAX_ALONE = 64;
const MAX_ALONE_STORED = 32;

/**
 * Divides this process between what comes from the streams and what comes from the database, so that neither keeps the
 * other out.
 */
export class SourceShares {
  readonly #alone: Record<Source, number> = { stream: 0, database: 0 };
  #storedBatches = 0;
  /** Until then what comes from the database makes room for others (`performance.now()`). */
  #restsUntil = 0;

  beginAlone(source: Source): void {
    this.#alone[source]++;
  }

  endAlone(source: Source): void {
    this.#alone[source]--;
  }

  /** Whichever has fewer running; undefined when none may begin. */
  nextAlone(isReady: (source: Source) => boolean): Source | undefined {
    const { stream, database } = this.#alone;
    if (stream + database >= MAX_ALONE) return undefined;
    const fromDatabase = database < MAX_ALONE_STORED && isReady('database');
    if (fromDatabase && database < stream) return 'database';
    if (isReady('stream')) return 'stream';
    return fromDatabase ? 'database' : undefined;
  }

  /** What comes from the database has batches of its own, one at a time: when one fails, nothing of a stream is run again with it. */
  get mayBeginStoredBatch(): boolean {
    return this.#storedBatches === 0 && performance.now() >= this.#restsUntil;
  }

  beginStoredBatch(): void {
    this.#storedBatches++;
  }

  /** Failures are slow: thousands of keys that fail again and again take half of the time at most. Returns for how long the next one has to wait. */
  endStoredBatch({ tookMs, failed }: { tookMs: number; failed: boolean }): number {
    this.#storedBatches--;
    const restMs = failed ? tookMs : 0;
    this.#restsUntil = performance.now() + restMs;
    return restMs;
  }
}
