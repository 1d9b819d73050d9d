import { BatchSize } from './batch-size.ts';
import type { Source } from './lane.ts';
import type { Outcome } from './settlement.ts';

/** What waits may be a long backlog of slow messages: others that come from the database must not wait for a long transaction. */
const LEAST_STORED_BATCH = 50;
/** Messages that are handled by themselves at once, and how many of them may come from the database. */
const MAX_ALONE = 64;
const MAX_ALONE_STORED = 32;
/** Between the begins of two messages from the database, for each of them that fails: 100 failures a second, whatever the number of those that wait. */
const FAILURE_MS = 10;
const MAX_REST_MS = 1_000;

interface StoredBatch {
  readonly messages: number;
  readonly tookMs: number;
  readonly failed: boolean;
}

/**
 * Divides this process between what comes from the streams and what comes from the database, so that neither keeps the
 * other out.
 */
export class SourceShares {
  readonly #alone: Record<Source, number> = { stream: 0, database: 0 };
  readonly #storedBatchSize = new BatchSize(LEAST_STORED_BATCH);
  #storedBatches = 0;
  /** Until then what comes from the database makes room for others (`performance.now()`). */
  #restsUntil = 0;
  #aloneRestsUntil = 0;

  beginAlone(source: Source): void {
    this.#alone[source]++;
  }

  endAlone(source: Source, failed: boolean): void {
    this.#alone[source]--;
    if (source === 'stream' || !failed) return;
    const now = performance.now();
    const restsUntil = Math.max(this.#aloneRestsUntil, now) + FAILURE_MS;
    this.#aloneRestsUntil = Math.min(restsUntil, now + MAX_REST_MS);
  }

  /** For how long nothing that comes from the database begins in this way. */
  restMs(run: 'batch' | 'alone'): number {
    return Math.max((run === 'batch' ? this.#restsUntil : this.#aloneRestsUntil) - performance.now(), 0);
  }

  /** Whichever has fewer running; undefined when none may begin. */
  nextAlone(isReady: (source: Source) => boolean): Source | undefined {
    const { stream, database } = this.#alone;
    if (stream + database >= MAX_ALONE) return undefined;
    const mayBegin = database < MAX_ALONE_STORED && this.restMs('alone') === 0;
    const fromDatabase = mayBegin && isReady('database');
    if (fromDatabase && database < stream) return 'database';
    if (isReady('stream')) return 'stream';
    return fromDatabase ? 'database' : undefined;
  }

  /** What comes from the database has batches of its own, one at a time: when one fails, nothing of a stream is run again with it. */
  get mayBeginStoredBatch(): boolean {
    return this.#storedBatches === 0 && this.restMs('batch') === 0;
  }

  /** As `BatchSize` does. */
  beginAnew(): void {
    this.#storedBatchSize.beginAnew();
  }

  get storedBatchLimit(): number {
    return this.#storedBatchSize.limit;
  }

  beginStoredBatch(): void {
    this.#storedBatches++;
  }

  /** Failures are slow: thousands of keys that fail again and again take half of the time at most. */
  endStoredBatch({ messages, tookMs, failed }: StoredBatch): void {
    this.#storedBatches--;
    this.#storedBatchSize.record(messages, tookMs, failed);
    if (failed) this.#restsUntil = performance.now() + tookMs;
  }
}

/** Not because of what its handler calls: that pauses by itself. */
export function anyFailed(outcomes: ReadonlyMap<unknown, Outcome>): boolean {
  return [...outcomes.values()].some(
    (outcome) => outcome.state === 'waiting' && outcome.dependency === undefined,
  );
}
