import type { ProbedDatabase } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../broker/broker.ts';
import type { DeferredHolder } from '../deferred/deferred-intake.ts';
import type { Run as StoredRun } from '../deferred/deferred-store.ts';
import { DeadlineExtender } from '../intake/deadline-extender.ts';
import { roomBeside } from '../intake/intake-limits.ts';
import type { PartitionLeases } from '../intake/partition-leases.ts';
import { PartitionSet } from '../intake/partition-set.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { LeaseHolder } from '../ownership/membership.ts';
import type { Router } from '../routing/router.ts';
import type { Signal } from '../timing/signal.ts';
import { partitionOfResource } from '../topology/resource.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import { LaneRuns } from './lane-runs.ts';
import { LaneSet } from './lane-set.ts';
import type { Lives } from './lives.ts';
import { Pause } from './pause.ts';
import { runKindOf } from './run-kind.ts';
import { HandlerAbandoned } from './settlement.ts';
import type { SuspectRuns } from './suspect-runs.ts';

/** The others go on meanwhile, unless the database is away. */
const UNDECIDED_MS = 250;

export interface PartitionWorkerParts {
  service: string;
  broker: Broker;
  database: ProbedDatabase;
  router: Router;
  lives: Lives;
  /** Entered by whatever runs a handler. */
  gate: ExclusiveGate;
  suspects: SuspectRuns;
  leases: PartitionLeases;
  /** Set when more is wanted of what waits in the database. */
  hunger: Signal;
  /** Set when it is to be looked again who owns what. */
  ownershipDoubt: Signal;
  counts: MessageCounts;
  log: Log;
}

/** Handles the partitions whose leases this process holds: takes them, fills their lanes, and gives them back. */
export class PartitionWorker implements LeaseHolder, DeferredHolder {
  readonly #lanes: LaneSet;
  readonly #partitions: PartitionSet;
  readonly #pause: Pause;
  readonly #extender: DeadlineExtender;
  readonly #runs: LaneRuns;
  readonly #lives: Lives;
  readonly #releasing = new Set<number>();
  readonly #hungry = new Set<string>();
  readonly #hunger: Signal;
  readonly #ownershipDoubt: Signal;
  readonly #leases: PartitionLeases;
  #resting: string | undefined;

  constructor(parts: PartitionWorkerParts) {
    const { service, broker, database, router, lives, leases, gate, suspects, counts, log } = parts;
    this.#lives = lives;
    this.#leases = leases;
    this.#hunger = parts.hunger;
    this.#ownershipDoubt = parts.ownershipDoubt;
    const lanes = new LaneSet((held) => runKindOf(router, held), {
      onReady: () => this.#runs.schedule(),
      onMove: (move) => this.#runs.move(move),
      onHungry: (key) => this.#wantMore(key),
    });
    const onMessage = (held: ReceivedMessage): void => this.#accept(held);
    const partitions = new PartitionSet({
      service,
      broker,
      database,
      router,
      leases,
      counts,
      log,
      onMessage,
    });
    this.#lanes = lanes;
    this.#partitions = partitions;
    const mayBegin = (): boolean => this.paused === undefined;
    const onUndecided = (error: unknown): Promise<void> => this.#onUndecided(error);
    const run = { lanes, partitions, leases, lives, gate, suspects, counts, log, mayBegin, onUndecided };
    this.#runs = new LaneRuns(run);
    this.#pause = new Pause({ database, log, onResume: () => this.#resume() });
    this.#extender = new DeadlineExtender(() => lanes.all());
    this.#extender.start();
  }

  get paused(): string | undefined {
    return this.#resting ?? this.#pause.reason;
  }

  /** Begins nothing new while there is a reason. */
  rest(reason: string | undefined): void {
    this.#resting = reason;
    this.#runs.schedule();
  }

  get ownedPartitions(): number[] {
    return this.#leases.partitions;
  }

  /** Messages taken and not yet settled. */
  get held(): number {
    return this.#lanes.size;
  }

  get pulling(): boolean {
    return this.#partitions.pulling;
  }

  /** Messages that wait at the broker for the partitions held here. */
  get pending(): number {
    return this.#partitions.pending;
  }

  /** Bytes taken from the streams and not yet settled; and partitions of which nothing more is taken, because that is too much. */
  get intake(): { readonly bytes: number; readonly heldUp: readonly number[] } {
    return { bytes: this.#lanes.streamed.total, heldUp: this.#partitions.heldUp };
  }

  get storedPartitions(): number[] {
    if (this.paused !== undefined) return [];
    return this.ownedPartitions.filter((partition) => !this.#releasing.has(partition));
  }

  get room(): { readonly messages: number; readonly bytes: number } {
    return roomBeside(this.#lanes.loaded);
  }

  get loaded(): number {
    return this.#lanes.loaded.messages;
  }

  get moves(): number {
    return this.#lanes.moves;
  }

  isDraining(name: string): boolean {
    return this.#lanes.isDraining(name);
  }

  takeHungry(): string[] {
    const keys = [...this.#hungry];
    this.#hungry.clear();
    return keys;
  }

  /** Undefined as well while its partition is being given back. */
  leaseOf(partition: number): Lease | undefined {
    return this.#releasing.has(partition) ? undefined : this.#leases.of(partition);
  }

  load(run: StoredRun, since: number): void {
    if (run.messages.length === 0 || this.leaseOf(run.partition) !== undefined) this.#lanes.load(run, since);
  }

  loadAlone(held: ReceivedMessage): void {
    if (this.leaseOf(held.partition) !== undefined) this.#lanes.loadAlone(held);
  }

  acquired(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    this.#partitions.open(partition, lease);
    this.#hunger.set();
  }

  /** Ends between two messages: what has not begun is left to the next owner, whatever waits. */
  async release(lease: Lease): Promise<void> {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    this.#releasing.add(partition);
    // The next owner has to know: one of them may end it.
    lease.suspectsLeft = this.#partitions.leavesSuspects(partition, this.#lanes.holdsSuspects(partition));
    const stopped = this.#partitions.stopIntake(partition);
    this.#lanes.drop(partition);
    try {
      await Promise.all([stopped, this.#runs.end(partition)]);
      this.#leases.drop(partition, lease);
    } finally {
      this.#releasing.delete(partition);
    }
  }

  lost(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined || !this.#leases.drop(partition, lease)) return;
    void this.#partitions.stopIntake(partition);
    this.#lanes.drop(partition);
  }

  /** After a reconnect deliveries may have been lost on the way. */
  restartIntakes(reason: string): void {
    this.#partitions.restart(reason);
  }

  stop(): void {
    this.#pause.stop();
    this.#extender.stop();
  }

  #resume(): void {
    this.#runs.schedule();
    this.#hunger.set();
  }

  #wantMore(key: string): void {
    this.#hungry.add(key);
    this.#hunger.set();
  }

  #accept(held: ReceivedMessage): void {
    if (!this.#lanes.add(held)) this.#lives.of(held.group).acknowledge(held);
    const limit = this.#lanes.streamed.reached(held.partition);
    if (limit !== undefined) this.#partitions.hold(held.partition, `limit of bytes of the ${limit}`);
  }

  /** Nothing was decided: the messages stay where they are, and are ready again after a moment. */
  async #onUndecided(error: unknown): Promise<void> {
    if (error instanceof OwnershipLost) {
      for (const lease of error.leases) this.lost(lease);
      this.#ownershipDoubt.set();
    } else if (!(error instanceof HandlerAbandoned)) {
      this.#pause.begin(error);
      await delay(UNDECIDED_MS, undefined, { ref: false });
    }
  }
}
