import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { MessagingError } from '../messaging-error.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { Signal } from '../signal.ts';
import { PRUNE_BATCH } from './relay-store.ts';
import type { PublishedMark, RelayStore, UnpublishedRow } from './relay-store.ts';

const BATCH = 1_000;
/** Finds rows whose wake-up was lost, and delayed rows that are due. */
const SWEEP_MS = 100;
/** Keys under way at most: bounds the memory while the broker is slow. */
const MAX_BUSY = 2_000;
const PRUNE_EVERY_MS = 30_000;
/** Longer than nats-server's sync interval of 2 minutes: until then the broker may forget what it acknowledged. */
const KEEP_PUBLISHED_MS = 600_000;
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 5_000;

export interface RelayParts {
  store: RelayStore;
  publisher: Publisher;
  /** Runs before the first publish, and again after each doubt: makes sure that the broker has what it acknowledged. */
  verify: () => Promise<void>;
  log: Log;
}

/**
 * Publishes the outbox. Within a key the next row is published only after the PubAck of the one before; keys run side
 * by side. A row is marked after its PubAck, so a crash in between publishes it again under the same id.
 *
 * Two relays at once are wasteful but harmless: each publishes a key's rows in order, under the same ids.
 */
export class Relay {
  readonly #store: RelayStore;
  readonly #publisher: Publisher;
  readonly #log: Log;
  readonly #verify: () => Promise<void>;
  readonly #busy = new Set<string>();
  readonly #signal = new Signal();
  #naps = new AbortController();
  #marks: { key: string; published: PublishedMark[] }[] = [];
  #failures = new Map<string, number>();
  #running: Promise<void> | undefined;
  #stopping = false;
  /** Counts the reasons to look whether the broker still has what it acknowledged. */
  #doubts = 0;
  #settledDoubt = -1;
  /** While stopping, what is there is fetched once more; what comes later is left to the next owner. */
  #fetchedLast = false;
  #prunedAt = performance.now();
  #lastError: string | undefined;

  constructor(parts: RelayParts) {
    this.#store = parts.store;
    this.#publisher = parts.publisher;
    this.#verify = parts.verify;
    this.#log = parts.log;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** The last failure that has not been followed by a success. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** The broker may have forgotten something, or lost a stream: nothing is published until that has been looked into. */
  doubt(): void {
    this.#doubts++;
    this.#publisher.interrupt();
    this.#endNaps();
  }

  start(): void {
    this.#stopping = false;
    this.#fetchedLast = false;
    this.#doubts++;
    if (this.#running !== undefined) return;
    this.#running = this.#run();
  }

  /** Says that rows were committed. Cheap; may be called for each commit. */
  wake(): void {
    this.#signal.set();
  }

  /** Publishes what is there now, marks it, and ends. Rows that the broker does not take stay for the next owner. */
  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    this.#stopping = true;
    this.#endNaps();
    await this.#running;
    // Started again meanwhile: the loop went on.
    if (this.#ended()) this.#running = undefined;
  }

  #ended(): boolean {
    return this.#stopping;
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        const found = await this.#round();
        failures = 0;
        if (this.#stopping && found === 0 && this.#busy.size === 0) return;
        if (found < BATCH) await this.#signal.wait(SWEEP_MS);
      } catch (error) {
        if (this.#stopping) return;
        this.#fail('The outbox cannot be read', error);
        await this.#signal.wait(backoff(++failures));
      }
    }
  }

  /** Marks what was acknowledged, then starts a chain for each key that has rows and none under way. */
  async #round(): Promise<number> {
    await this.#flushMarks();
    // While stopping, what the broker does not take is left to the next owner.
    if (this.#stopping && this.#failures.size > 0) return 0;
    if (!this.#verified && !(await this.#settleDoubt())) return 0;
    if (this.#busy.size >= MAX_BUSY || this.#fetchedLast) return 0;
    this.#fetchedLast = this.#stopping;
    await this.#store.releaseDue();
    const rows = await this.#store.fetch([...this.#busy], BATCH);
    for (const [key, chain] of Map.groupBy(rows, (row) => row.key)) this.#startChain(key, chain);
    await this.#prune();
    return rows.length;
  }

  /** False while chains are still under way: what they were told must be marked before it is compared with the broker. */
  async #settleDoubt(): Promise<boolean> {
    if (this.#busy.size > 0) return false;
    const doubt = this.#doubts;
    await this.#verify();
    this.#settledDoubt = doubt;
    // Unless a new one came up meanwhile.
    if (this.#verified) this.#publisher.resume();
    return this.#verified;
  }

  get #verified(): boolean {
    return this.#settledDoubt === this.#doubts;
  }

  #startChain(key: string, rows: UnpublishedRow[]): void {
    this.#busy.add(key);
    const published: PublishedMark[] = [];
    this.#publishInOrder(rows, published)
      .then(() => this.#failures.delete(key))
      .catch((error: unknown) => this.#pauseKey(key, error))
      .finally(() => {
        this.#marks.push({ key, published });
        this.#signal.set();
      });
  }

  async #publishInOrder(rows: readonly UnpublishedRow[], published: PublishedMark[]): Promise<void> {
    for (const row of rows) {
      const ack = await this.#publisher.publish({ ...row, messageId: row.message_id });
      published.push({ id: row.id, sequence: ack.sequence });
    }
  }

  async #pauseKey(key: string, error: unknown): Promise<void> {
    this.#fail('An event could not be published', error);
    if (error instanceof MessagingError && error.code === 'STREAM_MISSING') this.#doubts++;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    if (this.#stopping || !this.#verified) return;
    const { signal } = this.#naps;
    await delay(backoff(failures), undefined, { signal, ref: false }).catch(() => {
      // Woken early.
    });
  }

  #endNaps(): void {
    this.#naps.abort();
    this.#naps = new AbortController();
    this.#signal.set();
  }

  async #flushMarks(): Promise<void> {
    if (this.#marks.length === 0) return;
    const finished = this.#marks;
    this.#marks = [];
    try {
      const published = finished.flatMap((chain) => chain.published);
      if (published.length > 0) await this.#store.mark(published);
    } catch (error) {
      this.#marks.push(...finished);
      throw error;
    }
    if (this.#failures.size === 0) this.#lastError = undefined;
    // Only now: a key that is free while its rows are unmarked would be published twice.
    for (const chain of finished) this.#busy.delete(chain.key);
  }

  async #prune(): Promise<void> {
    if (performance.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    this.#prunedAt = performance.now();
    while ((await this.#store.prune(KEEP_PUBLISHED_MS)) === PRUNE_BATCH);
  }

  #fail(message: string, error: unknown): void {
    this.#lastError = Error.isError(error) ? error.message : String(error);
    this.#log.warn({ error: this.#lastError }, message);
  }
}

function backoff(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LAST_BACKOFF_MS);
}
