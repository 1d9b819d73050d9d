import type { Log } from '../log/log.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { BatchPublisher } from '../publisher/batch-publisher.ts';
import type { PublishAck } from '../publisher/publish-ack.ts';
import { PublishRefusal } from '../publisher/publish-refusal.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { Signal } from '../timing/signal.ts';
import { backoff } from '../timing/backoff.ts';
import type { OtherRows } from './backlog-turns.ts';
import { FailureLog, messageOf } from './failure-log.ts';
import { type Budget, KeyChains, type Setback } from './key-chains.ts';
import { MarkWriter } from './mark-writer.ts';
import { OutboxScan } from './outbox-scan.ts';
import type { RefusedStore } from './refused-store.ts';
import type { Horizon, PublishedMark, RelayStore, WaitingRow } from './relay-store.ts';
import { RowSender } from './row-sender.ts';
import { StreamHealth, type StreamState } from './stream-health.ts';
import type { Verify } from './stream-verifier.ts';

const LOOK_ROWS = 1_000;
/** A row whose subject no stream takes, while its stream exists, raises a doubt at most this often. */
const MISSING_DOUBT_EVERY_MS = 1_000;
const LAST_BACKOFF_MS = 1_000;
const LOOK_AGAIN_BEHIND_MS = 5_000;

export interface StreamRelayParts {
  stream: string;
  lease: Lease;
  budget: Budget;
  /** Finds rows whose wake-up was lost, delayed rows that are due, and those of keys whose pause is over. */
  sweepMs: number;
  /** What the broker refuses permanently is dropped: a copy of it is kept elsewhere. */
  bestEffort: boolean;
  store: RelayStore;
  refused: RefusedStore;
  publisher: Publisher;
  batches: BatchPublisher;
  verify: Verify;
  horizon: () => Promise<Horizon>;
  /** Of all streams of the relay. */
  others: OtherRows;
  slot: () => number;
  /** The lease is over. */
  lost: () => void;
  log: Log;
}

/** Publishes what waits in the outbox for one stream. Streams know nothing of each other. */
export class StreamRelay {
  readonly #parts: StreamRelayParts;
  readonly #chains: KeyChains;
  readonly #marks: MarkWriter;
  readonly #sender: RowSender;
  readonly #scan: OutboxScan;
  readonly #failures: FailureLog;
  readonly #signal = new Signal();
  readonly #health = new StreamHealth();
  #incarnation = '';
  /** The highest sequence that the stream is known to have. */
  #highest = 0;
  #running: Promise<void> | undefined;
  #stopping = false;
  #lost = false;
  /** While stopping, what is there is fetched once more; what comes later is left to the next owner. */
  #fetchedLast = false;
  #missingDoubtAt = -Infinity;

  constructor(parts: StreamRelayParts) {
    this.#parts = parts;
    this.#failures = new FailureLog(parts.stream, parts.log);
    this.#sender = new RowSender(parts.publisher, parts.batches);
    this.#marks = new MarkWriter({
      write: (marks) => this.#mark(marks),
      marked: (marks) => this.#chains.marked(marks),
      failed: (error) => this.#failures.record('Published events could not be marked', error),
    });
    this.#chains = new KeyChains({
      budget: parts.budget,
      send: (rows, sent) => this.#send(rows, sent),
      sent: (mark) => this.#marks.add(mark),
      halted: () => this.state !== 'healthy' && !this.#health.mayProbe,
      failed: (error, row) => this.#refusedBy(error, row),
      freed: () => this.#freed(),
    });
    const { stream, store, horizon, others } = parts;
    this.#scan = new OutboxScan({ stream, store, horizon, others, chains: this.#chains });
  }

  get name(): string {
    return this.#parts.stream;
  }

  get state(): StreamState {
    return this.#health.state;
  }

  /** The last failure that has not been followed by a success. */
  get lastError(): string | undefined {
    return this.#failures.last;
  }

  /** As far as the relay knows: the stream's `created`, and its highest sequence. */
  get known(): { incarnation: string; highest: number } {
    return { incarnation: this.#incarnation, highest: this.#highest };
  }

  /** Below this number no row waits, except those of keys with a refused row. */
  get floor(): number {
    return this.#scan.floor;
  }

  start(): void {
    this.#interrupt();
    this.#running = this.#run();
  }

  wake(): void {
    this.#signal.set();
  }

  /** The stream may lack something: nothing is published until that has been looked into. */
  reconcile(reason: string): void {
    if (!this.#health.settled) return;
    this.#health.raiseDoubt();
    this.#parts.log.info(
      { stream: this.name, reason },
      'Looking whether the stream has what it acknowledged',
    );
    this.#interrupt();
    this.#signal.set();
  }

  get blockedCount(): number {
    return this.#chains.blocked.size;
  }

  /** The keys of this stream that have a refused row. */
  block(keys: ReadonlySet<string>): void {
    const before = this.#chains.blocked.size;
    this.#chains.block(keys);
    if (keys.size < before) this.#signal.set();
  }

  /** Publishes what is there now, marks it, and ends. Rows that the broker does not take stay for the next owner. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal.set();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      const triedAt = performance.now();
      try {
        const again = await this.#round();
        failures = 0;
        if (this.#isOver(again)) break;
        if (!again) await this.#signal.wait(this.#waitMs);
      } catch (error) {
        if (error instanceof OwnershipLost) this.#loseLease();
        if (this.#stopping || this.#lost) break;
        this.#failures.record('The outbox of a stream cannot be published', error);
        const pauseMs = Math.min(backoff(++failures), LAST_BACKOFF_MS);
        // A round that waited in vain for an answer, as without a leader, has been a pause already.
        await this.#signal.wait(Math.max(pauseMs - (performance.now() - triedAt), 100));
      }
    }
    this.#interrupt();
    this.#marks.end();
  }

  get #waitMs(): number {
    const { restMs } = this.#scan;
    return restMs > 0 ? Math.min(restMs, this.#parts.sweepMs) : this.#parts.sweepMs;
  }

  #isOver(again: boolean): boolean {
    if (this.#lost) return true;
    if (!this.#stopping) return false;
    if (this.#marks.failing || this.state === 'paused' || this.state === 'behind') return true;
    return this.#health.settled && this.#fetchedLast && !again && this.#chains.idle;
  }

  /** Reads rows that are not under way, if there is room for them, and passes them on. Returns whether there may be more. */
  async #round(): Promise<boolean> {
    if (!this.#health.settled && !(await this.#settle())) return false;
    if (this.state === 'paused') return await this.#probe();
    if (this.#fetchedLast) return false;
    this.#fetchedLast = this.#stopping;
    return (await this.#read(LOOK_ROWS)).again;
  }

  /** One message at a time shows whether the stream takes any. */
  async #probe(): Promise<boolean> {
    if (this.#stopping || !this.#health.mayProbe || !this.#chains.idle) return false;
    const { found } = await this.#read(1);
    // A key that is behind may have rows, and pause.
    if (found === 0 && !this.#chains.hasBehind && this.#health.settled) this.#recover();
    return false;
  }

  /** Nothing counts that was read before a doubt: rows that come back go before it. */
  #read(rows: number): Promise<{ found: number; again: boolean }> {
    const doubt = this.#health.lastDoubt;
    return this.#scan.read(rows, () => doubt === this.#health.lastDoubt);
  }

  async #send(rows: readonly WaitingRow[], sent: (row: WaitingRow, ack: PublishAck) => void): Promise<void> {
    // Whatever is stored from now on is stored behind this.
    const known = this.#highest;
    await this.#sender.send(rows, (row, ack) => {
      this.#accept(ack, known);
      sent(row, ack);
    });
  }

  /** @throws when the stream has counted this sequence before: it has lost its end, or was created again */
  #accept(ack: PublishAck, known: number): void {
    if (!ack.duplicate && ack.sequence <= known) {
      const reason = `sequence ${String(ack.sequence)} was given again, after ${String(known)}`;
      this.reconcile(reason);
      throw new MessagingError('PUBLISH_TIMEOUT', `Stream ${this.name} is in doubt: ${reason}.`, {
        remedy: 'Nothing to do: the event is published again once the stream has been looked into.',
      });
    }
    this.#highest = Math.max(this.#highest, ack.sequence);
    if (this.#health.mayProbe) this.#recover();
    if (this.state === 'healthy' && !this.#marks.failing) this.#failures.clear();
  }

  async #mark(marks: readonly PublishedMark[]): Promise<void> {
    const { store, lease, slot, log } = this.#parts;
    const stream = { name: this.name, incarnation: this.#incarnation, slot: slot() };
    const marked = await store.mark(stream, marks, lease);
    if (marked === undefined) {
      this.#loseLease();
      return;
    }
    if (marked === marks.length) return;
    log.warn(
      { stream: this.name, missing: marks.length - marked },
      'Published events are not in the outbox any more; looking at all of it',
    );
    this.#scan.reset();
  }

  #loseLease(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#interrupt();
    this.#parts.lost();
    this.#signal.set();
  }

  /** False while rows are still under way: what they were told must be marked before it is compared with the broker. */
  async #settle(): Promise<boolean> {
    if (!this.#chains.idle) return false;
    const { doubt, isFirst } = this.#health.beginSettling();
    const verified = await this.#parts.verify(this.name, this.#parts.lease);
    if (verified.behind !== undefined) {
      this.#health.fallBehind();
      this.#failures.record('The database is behind the stream', verified.behind);
      await this.#signal.wait(LOOK_AGAIN_BEHIND_MS);
      return false;
    }
    this.#incarnation = verified.incarnation;
    this.#highest = verified.lastSequence;
    this.#health.endSettling(doubt);
    if (isFirst || verified.republished > 0) {
      this.#scan.reset();
      this.#chains.clear();
    }
    this.#chains.startOver();
    // Unless a new one came up meanwhile.
    if (!this.#health.settled) return false;
    this.#recover();
    this.#parts.publisher.resume(this.name);
    this.#parts.batches.resume(this.name);
    return true;
  }

  #recover(): void {
    this.#health.recover();
    this.#failures.clear();
    this.#signal.set();
  }

  #interrupt(): void {
    this.#health.interrupt();
    this.#parts.publisher.interrupt(this.name);
    this.#parts.batches.interrupt(this.name);
  }

  async #refusedBy(error: unknown, row: WaitingRow): Promise<Setback> {
    // By ourselves.
    if (!this.#health.settled || this.#lost) return 'again';
    const scope = error instanceof PublishRefusal ? error.scope : undefined;
    if (scope === 'message') return await this.#refuse(row, messageOf(error));
    if (scope === 'stream') {
      this.#pause(error);
      return 'again';
    }
    this.#failures.record('Events could not be published; their key waits', error);
    const code = error instanceof MessagingError ? error.code : undefined;
    if (code === 'PUBLISH_TIMEOUT' && !this.#stopping) this.reconcile('no PubAck came');
    if (code === 'STREAM_MISSING') this.#missing();
    return code === 'PUBLISH_TIMEOUT' ? 'again' : 'pause';
  }

  #missing(): void {
    if (performance.now() - this.#missingDoubtAt < MISSING_DOUBT_EVERY_MS) return;
    this.#missingDoubtAt = performance.now();
    // Nothing may be published into a stream that is created again before what it had is in it again.
    this.reconcile('no stream took the subject');
  }

  #pause(error: unknown): void {
    if (this.#health.pause())
      this.#failures.record('The stream refuses; it is tried again with one event', error);
  }

  async #refuse(row: WaitingRow, reason: string): Promise<Setback> {
    const { refused, bestEffort, lease, log } = this.#parts;
    const fields = { stream: this.name, messageId: row.message_id, key: row.key, reason };
    try {
      if (bestEffort) {
        await refused.drop(row, lease);
        log.warn(fields, 'A copy that the stream does not take was dropped');
        return 'skip';
      }
      await refused.record(row, reason, lease);
      log.error(fields, 'The broker will never take an event; its key waits until an operator decides');
      return 'block';
    } catch (error) {
      this.#failures.record('A refused event could not be recorded', error);
      return 'pause';
    }
  }

  #freed(): void {
    if (this.#scan.wantsRoom || this.#stopping || this.state !== 'healthy' || this.#chains.hasBehind)
      this.#signal.set();
  }
}
