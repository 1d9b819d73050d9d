import type { Log } from '../log/log.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { BatchPublisher } from '../publisher/batch-publisher.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { Signal } from '../timing/signal.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';
import { OtherRows } from './backlog-turns.ts';
import { type HousekeepingStore, SLOT_MS } from './housekeeping-store.ts';
import type { RefusedStore } from './refused-store.ts';
import type { RelayStatusStore } from './relay-status-store.ts';
import type { Horizon, RelayStore } from './relay-store.ts';
import { StreamRelay } from './stream-relay.ts';
import type { Verify } from './stream-verifier.ts';

const SWEEP_MS = 100;
/** Copies of dead letters never compete with events. */
const COPIES_SWEEP_MS = 250;
const BUDGET = { rows: 3_000, bytes: 16_777_216 };
const COPIES_BUDGET = { rows: 200, bytes: 2_097_152 };
/** As old as the horizon may be; a look at it costs a round trip. */
const HORIZON_MS = 25;
const RELEASE_DUE_EVERY_MS = 50;
const REFUSED_EVERY_MS = 1_000;
const STATUS_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 5_000;
/** A database that was put back to an older moment is noticed at a reconnect, too. */
const BEHIND_EVERY_MS = 3_600_000;
const SLOT_EVERY_MS = 10_000;

export interface RelayParts {
  /** The streams that this service owns. */
  streams: readonly string[];
  store: RelayStore;
  housekeeping: HousekeepingStore;
  refused: RefusedStore;
  status: RelayStatusStore;
  publisher: Publisher;
  batches: BatchPublisher;
  /** Runs for each stream before the first publish, and again after each doubt. */
  verify: Verify;
  /** The stream's `created` and last sequence, asked from time to time. Undefined when it is missing. */
  look: (stream: string) => Promise<{ created: string; lastSequence: number } | undefined>;
  log: Log;
}

/** One term of a relay: from the taking of its lease to its end. Nothing that it knows outlives it. */
export class RelayTerm {
  readonly #parts: RelayParts;
  readonly #lease: Lease;
  readonly #lost: () => void;
  readonly #streams = new Map<string, StreamRelay>();
  readonly #signal = new Signal();
  readonly #others = new OtherRows();
  readonly #due = new Map<string, number>();
  #running: Promise<void> | undefined;
  #stopping = false;
  #slot = 0;
  #horizon: { at: number; value: Promise<Horizon> } | undefined;

  constructor(parts: RelayParts, lease: Lease, lost: () => void) {
    this.#parts = parts;
    this.#lease = lease;
    this.#lost = lost;
  }

  get streams(): StreamRelay[] {
    return [...this.#streams.values()];
  }

  start(): void {
    this.#running = this.#run();
  }

  wake(): void {
    for (const stream of this.#streams.values()) if (stream.name !== DEAD_LETTERS.name) stream.wake();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal.set();
    await this.#running;
    await Promise.all(this.streams.map((stream) => stream.stop()));
  }

  async #run(): Promise<void> {
    while (!(await this.#began())) {
      if (this.#stopping) return;
      await this.#signal.wait(SWEEP_MS);
    }
    while (!this.#stopping) {
      await this.#every(RELEASE_DUE_EVERY_MS, 'release', () => this.#releaseDue());
      await this.#every(REFUSED_EVERY_MS, 'refused', () => this.#blockKeys());
      await this.#every(SLOT_EVERY_MS, 'slot', () => this.#rotate());
      await this.#every(STATUS_EVERY_MS, 'status', () => this.#parts.status.write(this.#lease, this.streams));
      void this.#every(LOOK_EVERY_MS, 'look', () => this.#lookAtStreams());
      void this.#every(BEHIND_EVERY_MS, 'behind', () => {
        for (const stream of this.streams) stream.reconcile('an hour has passed');
        return Promise.resolve();
      });
      await this.#signal.wait(RELEASE_DUE_EVERY_MS);
    }
  }

  /** Reads what a term must know before its first look. */
  async #began(): Promise<boolean> {
    try {
      const [slot, blocked, found] = await Promise.all([
        this.#parts.housekeeping.slot(),
        this.#parts.refused.keys(),
        this.#parts.store.streams(),
      ]);
      this.#slot = slot.current;
      for (const name of new Set([...this.#parts.streams, DEAD_LETTERS.name, ...found]))
        this.#begin(name, blocked.get(name));
      this.#due.set('behind', performance.now() + BEHIND_EVERY_MS);
      return true;
    } catch (error) {
      this.#parts.log.warn({ error: String(error) }, 'The relay cannot read the outbox yet');
      return false;
    }
  }

  #begin(name: string, blocked: ReadonlySet<string> = new Set()): void {
    const { store, refused, publisher, batches, verify, log } = this.#parts;
    const isCopies = name === DEAD_LETTERS.name;
    const stream = new StreamRelay({
      stream: name,
      lease: this.#lease,
      budget: isCopies ? COPIES_BUDGET : BUDGET,
      sweepMs: isCopies ? COPIES_SWEEP_MS : SWEEP_MS,
      bestEffort: isCopies,
      store,
      refused,
      publisher,
      batches,
      verify,
      horizon: () => this.#sharedHorizon(),
      others: this.#others,
      slot: () => this.#slot,
      lost: this.#lost,
      log,
    });
    this.#streams.set(name, stream);
    stream.block(blocked);
    stream.start();
  }

  /** Of all streams. Each must see only one that was read before its look. */
  #sharedHorizon(): Promise<Horizon> {
    const now = performance.now();
    if (this.#horizon !== undefined && now - this.#horizon.at < HORIZON_MS) return this.#horizon.value;
    const value = this.#parts.store.horizon();
    this.#horizon = { at: now, value };
    value.catch(() => (this.#horizon = undefined));
    return value;
  }

  async #every(everyMs: number, name: string, work: () => Promise<void>): Promise<void> {
    const now = performance.now();
    if (now < (this.#due.get(name) ?? 0)) return;
    this.#due.set(name, now + everyMs);
    try {
      await work();
    } catch (error) {
      if (error instanceof OwnershipLost) this.#lost();
      else if (!this.#stopping)
        this.#parts.log.warn(
          { error: String(error), task: name },
          'A task of the relay failed; it is tried again',
        );
    }
  }

  async #releaseDue(): Promise<void> {
    if ((await this.#parts.housekeeping.releaseDue()) > 0) this.wake();
  }

  async #blockKeys(): Promise<void> {
    const known = this.streams.map((stream) => stream.blockedCount);
    const keys = await this.#parts.refused.keys();
    for (const [index, stream] of this.streams.entries()) {
      // Another one was refused meanwhile, which this answer may not know.
      if (stream.blockedCount === known[index]) stream.block(keys.get(stream.name) ?? new Set());
    }
  }

  async #rotate(): Promise<void> {
    const { housekeeping } = this.#parts;
    const { current, ageMs } = await housekeeping.slot();
    this.#slot = ageMs < SLOT_MS ? current : await housekeeping.rotate(this.#lease, current);
  }

  /** A stream that was created again, or is shorter than before, although the connection did not break. */
  async #lookAtStreams(): Promise<void> {
    await Promise.all(this.streams.map((stream) => this.#lookAt(stream)));
  }

  async #lookAt(stream: StreamRelay): Promise<void> {
    const { incarnation, highest } = stream.known;
    if (stream.state !== 'healthy') return;
    const found = await this.#parts.look(stream.name);
    if (found === undefined) stream.reconcile('the stream is missing');
    else if (found.created !== incarnation) stream.reconcile('the stream was created again');
    else if (found.lastSequence < highest) stream.reconcile('the stream has lost its end');
  }
}
