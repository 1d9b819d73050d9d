import type { HeldMessage } from '../consumer/held-message.ts';
import type { Runners } from '../consumer/runners.ts';
import type { Outcome } from '../consumer/settlement.ts';
import type { Log } from '../log.ts';
import type { Lease } from '../ownership/fence.ts';
import { Signal } from '../signal.ts';
import type { DueKey, ParkedStore } from './parked-store.ts';

const LOOK_EVERY_MS = 500;
const MAX_KEYS = 16;

/** What the drain needs of the worker: the leases, and somebody to judge what it cannot. */
export interface LeaseView {
  readonly paused: string | undefined;
  readonly ownedPartitions: number[];
  leaseOf(partition: number): Lease | undefined;
  /** Registers work on a partition, so that its lease is not given back meanwhile; takes failures that say nothing about the message. */
  track(partition: number, work: Promise<void>): Promise<void>;
}

export interface ParkedDrainParts {
  store: ParkedStore;
  /** By the inbox's consumer name. */
  runners: ReadonlyMap<string, Runners>;
  leases: LeaseView;
  log: Log;
}

/**
 * Handles the parked messages of keys that somebody has redriven, or whose lane had grown too long: one at a time, in
 * order, each key by the owner of its partition. When none is left the key flows again.
 */
export class ParkedDrain {
  readonly #parts: ParkedDrainParts;
  readonly #signal = new Signal();
  readonly #draining = new Set<string>();
  /** Parked messages whose last attempt was counted here and not decided. */
  readonly #undecided = new Set<number | undefined>();
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(parts: ParkedDrainParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Looks at once whether there is something to do. */
  wake(): void {
    this.#signal.set();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#signal.set();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#startDueKeys();
      } catch (error) {
        this.#parts.log.debug({ error: String(error) }, 'Parked messages could not be looked up');
      }
      await this.#signal.wait(LOOK_EVERY_MS);
    }
  }

  async #startDueKeys(): Promise<void> {
    const { store, leases, runners } = this.#parts;
    const partitions = leases.ownedPartitions;
    if (leases.paused !== undefined || partitions.length === 0) return;
    const due = await store.dueKeys({ partitions, consumers: [...runners.keys()], limit: MAX_KEYS });
    for (const key of due) this.#start(key);
  }

  #start(due: DueKey): void {
    const runners = this.#parts.runners.get(due.consumer);
    const name = `${due.consumer}|${due.key}`;
    if (runners === undefined || this.#draining.has(name) || this.#draining.size >= MAX_KEYS) return;
    this.#draining.add(name);
    const work = this.#drain(due, runners).finally(() => {
      this.#draining.delete(name);
      this.#signal.set();
    });
    void this.#parts.leases.track(due.partition, work);
  }

  /** Until nothing is left, the next one is dead, or it has to wait. */
  async #drain(due: DueKey, runners: Runners): Promise<void> {
    const { store, leases } = this.#parts;
    while (!this.#stopping) {
      const lease = leases.leaseOf(due.partition);
      if (lease === undefined) return;
      const held = await store.head(due);
      if (held === undefined) {
        await store.settle(due);
        return;
      }
      const outcome = await this.#attempt(due, held, (message) => runners.runAlone(message, [lease]));
      if (outcome.state === 'waiting') return;
    }
  }

  /** An attempt that ended undecided (a dependency or the database is down, the lease is lost) does not count. */
  async #attempt(
    due: DueKey,
    held: HeldMessage,
    runAlone: (held: HeldMessage) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { store } = this.#parts;
    const { parkedId } = held;
    try {
      if (this.#undecided.has(parkedId)) await store.takeBack(due, { parkedId, delayMs: 0 });
      this.#undecided.delete(parkedId);
      const outcome = await runAlone(held);
      if (outcome.state === 'waiting') await store.takeBack(due, { parkedId, delayMs: outcome.forMs });
      return outcome;
    } catch (error) {
      this.#undecided.add(parkedId);
      throw error;
    }
  }
}
