import type { Log } from '../log.ts';
import { MessagingError } from '../messaging-error.ts';
import type { BatchPublisher } from '../publisher/batch-publisher.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { Signal } from '../signal.ts';
import { backoff } from './backoff.ts';
import { KeyChains } from './key-chains.ts';
import { MarkWriter } from './mark-writer.ts';
import { PRUNE_BATCH, type RelayStore } from './relay-store.ts';
import { RowSender } from './row-sender.ts';

const BATCH = 1_000;
/** Finds rows whose wake-up was lost, delayed rows that are due, and those of keys whose pause is over. */
const SWEEP_MS = 100;
const RELEASE_DUE_EVERY_MS = 50;
const PRUNE_EVERY_MS = 30_000;
/** A stream that is missing is looked into at most this often: each look asks the broker about all streams. */
const MISSING_DOUBT_EVERY_MS = 1_000;
/** Refusals come by the thousand when the broker is away or a stream is full. */
const REFUSAL_LOGGED_EVERY_MS = 1_000;
/** Longer than nats-server's sync interval of 2 minutes: until then the broker may forget what it acknowledged. */
const KEEP_PUBLISHED_MS = 600_000;
/** Of the round as a whole: no key is published meanwhile, and a cluster has a new leader within seconds. */
const LAST_ROUND_BACKOFF_MS = 1_000;
const FIRST_ROUND_BACKOFF_MS = 100;

export interface RelayParts {
  store: RelayStore;
  publisher: Publisher;
  batches: BatchPublisher;
  /** Runs before the first publish, and again after each doubt: makes sure that the broker has what it acknowledged. */
  verify: () => Promise<void>;
  log: Log;
}

/**
 * Publishes the outbox. Within a key the next row is published only after the PubAck of the one before, or with it in
 * one atomic batch; keys run side by side. A row is marked after its PubAck, so a crash in between publishes it again under the same id. Reading,
 * publishing and marking overlap.
 *
 * Two relays at once are wasteful but harmless: each publishes a key's rows in order, under the same ids.
 */
export class Relay {
  readonly #parts: RelayParts;
  readonly #chains: KeyChains;
  readonly #marks: MarkWriter;
  readonly #signal = new Signal();
  #running: Promise<void> | undefined;
  #stopping = false;
  /** Counts the reasons to look whether the broker still has what it acknowledged. */
  #doubts = 0;
  #settledDoubt = -1;
  /** While stopping, what is there is fetched once more; what comes later is left to the next owner. */
  #fetchedLast = false;
  /** The last round read nothing for want of room. */
  #full = false;
  #releasedAt = -Infinity;
  #prunedAt = performance.now();
  #lastError: string | undefined;
  #missingDoubtAt = -Infinity;
  #refusalLoggedAt = -Infinity;
  /** Since it was last logged. */
  #refusals = 0;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    const sender = new RowSender(parts.publisher, parts.batches);
    this.#marks = new MarkWriter({
      store: parts.store,
      marked: (marks) => this.#chains.marked(marks),
      failed: (error) => this.#fail('Published events could not be marked', error),
    });
    this.#chains = new KeyChains({
      send: (rows, sent) => sender.send(rows, sent),
      sent: (mark) => this.#marks.add(mark),
      failed: (error) => this.#refused(error),
      freed: () => this.#freed(),
    });
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
    this.#parts.publisher.interrupt();
    this.#parts.batches.interrupt();
    this.#signal.set();
  }

  start(): void {
    this.#stopping = false;
    this.#fetchedLast = false;
    this.#doubts++;
    this.#marks.start();
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
    this.#signal.set();
    await this.#running;
    // Started again meanwhile: the loop went on.
    if (!this.#ended()) return;
    this.#running = undefined;
    this.#marks.pause();
  }

  #ended(): boolean {
    return this.#stopping;
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      const triedAt = performance.now();
      try {
        const found = await this.#round();
        failures = 0;
        if (this.#stopping && (this.#marks.failing || (found === 0 && this.#chains.idle))) return;
        if (found < BATCH) await this.#signal.wait(SWEEP_MS);
      } catch (error) {
        if (this.#stopping) return;
        this.#fail('The outbox cannot be read', error);
        const pauseMs = Math.min(backoff(++failures), LAST_ROUND_BACKOFF_MS);
        // A round that waited in vain for an answer, as without a leader, has been a pause already.
        await this.#signal.wait(Math.max(pauseMs - (performance.now() - triedAt), FIRST_ROUND_BACKOFF_MS));
      }
    }
  }

  /** Reads rows that are not under way, if there is room for them, and passes them on. */
  async #round(): Promise<number> {
    // While stopping, what the broker does not take is left to the next owner.
    if (this.#stopping && this.#chains.failing) return 0;
    if (!this.#verified && !(await this.#settleDoubt())) return 0;
    this.#chains.endOverduePauses();
    this.#full = !this.#chains.hasRoom;
    if (this.#fetchedLast || this.#full) return 0;
    this.#fetchedLast = this.#stopping;
    await this.#releaseDue();
    const rows = await this.#parts.store.fetch(this.#chains.beginLook(), BATCH);
    // Read again once it is settled: rows that will be recalled go before them.
    if (!this.#verified) return 0;
    this.#chains.add(rows);
    await this.#prune();
    return rows.length;
  }

  /** False while rows are still under way: what they were told must be marked before it is compared with the broker. */
  async #settleDoubt(): Promise<boolean> {
    if (!this.#chains.idle) return false;
    const doubt = this.#doubts;
    await this.#parts.verify();
    this.#settledDoubt = doubt;
    this.#chains.startOver();
    // Unless a new one came up meanwhile.
    if (!this.#verified) return false;
    this.#parts.publisher.resume();
    this.#parts.batches.resume();
    return true;
  }

  get #verified(): boolean {
    return this.#settledDoubt === this.#doubts;
  }

  #refused(error: unknown): void {
    const now = performance.now();
    this.#refusals++;
    this.#lastError = messageOf(error);
    if (now - this.#refusalLoggedAt >= REFUSAL_LOGGED_EVERY_MS) {
      this.#refusalLoggedAt = now;
      const fields = { error: this.#lastError, keys: this.#refusals };
      this.#parts.log.warn(fields, 'Events could not be published; their keys wait');
      this.#refusals = 0;
    }
    const missing = error instanceof MessagingError && error.code === 'STREAM_MISSING';
    if (!missing || now - this.#missingDoubtAt < MISSING_DOUBT_EVERY_MS) return;
    this.#missingDoubtAt = now;
    // Nothing may be published into a stream that somebody makes anew before what it had is in it again.
    this.doubt();
  }

  #freed(): void {
    if (!this.#chains.failing && !this.#marks.failing) this.#lastError = undefined;
    if (this.#full || this.#chains.wantsMore || this.#stopping || !this.#verified) this.#signal.set();
  }

  async #releaseDue(): Promise<void> {
    if (performance.now() - this.#releasedAt < RELEASE_DUE_EVERY_MS) return;
    this.#releasedAt = performance.now();
    await this.#parts.store.releaseDue();
  }

  async #prune(): Promise<void> {
    if (performance.now() - this.#prunedAt < PRUNE_EVERY_MS) return;
    // One statement a round: reading must not wait for all of it.
    if ((await this.#parts.store.prune(KEEP_PUBLISHED_MS)) < PRUNE_BATCH) this.#prunedAt = performance.now();
  }

  #fail(message: string, error: unknown): void {
    this.#lastError = messageOf(error);
    this.#parts.log.warn({ error: this.#lastError }, message);
  }
}

function messageOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
