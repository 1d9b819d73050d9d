import type { HeldMessage } from '../consumer/held-message.ts';
import type { Runners } from '../consumer/runners.ts';
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
    const { store, leases } = this.#parts;
    if (leases.paused !== undefined || leases.ownedPartitions.length === 0) return;
    const due = await store.dueKeys(leases.ownedPartitions, MAX_KEYS);
    for (const key of due) this.#start(key);
  }

  #start(due: DueKey): void {
    const name = `${due.consumer}|${due.key}`;
    if (this.#draining.has(name) || this.#draining.size >= MAX_KEYS) return;
    this.#draining.add(name);
    const work = this.#drain(due).finally(() => {
      this.#draining.delete(name);
      this.#signal.set();
    });
    void this.#parts.leases.track(due.partition, work);
  }

  async #drain(due: DueKey): Promise<void> {
    const runners = this.#parts.runners.get(due.consumer);
    if (runners === undefined) return;
    let held: HeldMessage | undefined;
    do {
      const lease = this.#parts.leases.leaseOf(due.partition);
      held = await this.#parts.store.head(due);
      if (lease === undefined || held === undefined || this.#stopping) return;
      const outcome = await runners.runAlone(held, [lease]);
      if (outcome.state === 'waiting') return;
    } while (!(await this.#isDead(due, held)));
  }

  /** A message that was settled by becoming a dead letter again ends the drain. */
  async #isDead(due: DueKey, held: HeldMessage): Promise<boolean> {
    const next = await this.#parts.store.head(due);
    return next?.parkedId === held.parkedId;
  }
}
