import type { ProbedDatabase } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../broker/broker.ts';
import type { DeferredHolder } from '../deferred/deferred-intake.ts';
import type { Run as StoredRun } from '../deferred/deferred-store.ts';
import type { MovedRows } from '../deferred/deferring.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { LeaseHolder } from '../ownership/membership.ts';
import { partitionOfResource } from '../topology/resource.ts';
import { BatchSize } from './batch-size.ts';
import { BatchSlots, SLOW_BATCH_MS } from './batch-slots.ts';
import { DeadlineExtender } from '../intake/deadline-extender.ts';
import type { ExclusiveGate } from './exclusive-gate.ts';
import { acknowledge, type ReceivedMessage } from '../message/received-message.ts';
import type { Lane, Source } from './lane.ts';
import { roomBeside } from '../intake/intake-limits.ts';
import { type LaneMove, LaneSet } from './lane-set.ts';
import { PartitionSet } from '../intake/partition-set.ts';
import { Pause } from './pause.ts';
import type { Router } from '../routing/router.ts';
import { runKindOf } from './run-kind.ts';
import { RunSet } from './run-set.ts';
import { type Runners, runnersOfGroup } from './runners.ts';
import { HandlerAbandoned, isInfrastructureFailure, type Outcome } from './settlement.ts';
import { anyFailed, SourceShares } from './source-shares.ts';
import type { SuspectRuns } from './suspect-runs.ts';

/** The others go on meanwhile, unless the database is away. */
const UNDECIDED_MS = 250;

export interface PartitionWorkerParts {
  service: string;
  broker: Broker;
  database: ProbedDatabase;
  router: Router;
  /** Of what is handled in order. */
  runners: Runners;
  /** Of each queue group, for what it has deferred. */
  groups: ReadonlyMap<string, Runners>;
  /** Entered by whatever runs a handler. */
  gate: ExclusiveGate;
  suspects: SuspectRuns;
  counts: MessageCounts;
  log: Log;
}

type Outcomes = Map<ReceivedMessage, Outcome>;

type Work = (leases: readonly Lease[], release: AbortSignal) => Promise<Outcomes>;

/** Handles the partitions whose leases this process holds: intake, lanes, batches, acks. */
export class PartitionWorker implements LeaseHolder, DeferredHolder {
  readonly #parts: PartitionWorkerParts;
  readonly #lanes: LaneSet;
  readonly #partitions: PartitionSet;
  readonly #pause: Pause;
  readonly #extender: DeadlineExtender;
  readonly #runs = new RunSet();
  readonly #releasing = new Set<number>();
  readonly #hungry = new Set<string>();
  readonly #batchSize = new BatchSize();
  readonly #shares = new SourceShares();
  readonly #slots = new BatchSlots();
  #scheduled = false;
  #resting: string | undefined;
  /** Asked to look again who owns what. */
  onOwnershipDoubt: () => void = () => undefined;
  /** More is wanted of what waits in the database. */
  onHungry: () => void = () => undefined;

  constructor(parts: PartitionWorkerParts) {
    this.#parts = parts;
    this.#lanes = new LaneSet((held) => runKindOf(parts.router, held), {
      onReady: () => this.#schedule(),
      onMove: (move) => this.#startMove(move),
      onHungry: (key) => {
        this.#hungry.add(key);
        this.onHungry();
      },
    });
    this.#partitions = new PartitionSet({ ...parts, onMessage: (held) => this.#accept(held) });
    this.#pause = new Pause({
      ...parts,
      onResume: () => {
        this.#schedule();
        this.onHungry();
      },
    });
    this.#extender = new DeadlineExtender(() => this.#lanes.all());
    this.#extender.start();
    parts.gate.onOpen(() => this.#schedule());
  }

  get paused(): string | undefined {
    return this.#resting ?? this.#pause.reason;
  }

  /** Begins nothing new while there is a reason. */
  rest(reason: string | undefined): void {
    this.#resting = reason;
    this.#schedule();
  }

  get ownedPartitions(): number[] {
    return this.#partitions.owned;
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
    return this.#releasing.has(partition) ? undefined : this.#partitions.lease(partition);
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
    this.onHungry();
  }

  /** Ends between two messages: what has not begun is left to the next owner, whatever waits. */
  async release(lease: Lease): Promise<void> {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    this.#releasing.add(partition);
    // The next owner has to know: one of them may end it.
    lease.suspectsLeft = this.#lanes.holdsSuspects(partition) || this.#partitions.expectsSuspects(partition);
    const stopped = this.#partitions.stopIntake(partition);
    this.#lanes.drop(partition);
    try {
      await Promise.all([stopped, this.#runs.end(partition)]);
      this.#partitions.dropLease(partition, lease);
    } finally {
      this.#releasing.delete(partition);
    }
  }

  lost(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined || !this.#partitions.dropLease(partition, lease)) return;
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

  #accept(held: ReceivedMessage): void {
    if (!this.#lanes.add(held)) this.#ack(held);
    const limit = this.#lanes.streamed.reached(held.partition);
    if (limit !== undefined) this.#partitions.hold(held.partition, `limit of bytes of the ${limit}`);
  }

  #runnersOf({ group }: { readonly group?: string | undefined }): Runners {
    return group === undefined ? this.#parts.runners : runnersOfGroup(this.#parts.groups, group);
  }

  /** In a later turn of the event loop, so that all that has arrived by then goes into one batch. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #scheduleIn(delayMs: number): void {
    if (delayMs > 0) setTimeout(() => this.#schedule(), delayMs + 1);
  }

  #pump(): void {
    this.#partitions.resume((partition) => this.#lanes.streamed.mayResume(partition));
    if (this.paused !== undefined) return;
    const { gate } = this.#parts;
    this.#startSuspects();
    while (this.#slots.free && this.#lanes.hasReady('stream', 'batch') && gate.enter())
      this.#startBatch(this.#lanes.takeBatch('stream', this.#batchSize.limit));
    if (this.#shares.mayBeginStoredBatch && this.#lanes.hasReady('database', 'batch') && gate.enter())
      this.#startStoredBatch(this.#lanes.takeBatch('database', this.#shares.storedBatchLimit));
    this.#startAllAlone();
  }

  #startAllAlone(): void {
    const isReady = (source: Source): boolean => this.#lanes.hasReady(source, 'alone');
    for (;;) {
      const source = this.#shares.nextAlone(isReady);
      if (source === undefined || !this.#parts.gate.enter()) break;
      const held = this.#lanes.takeAlone(source);
      if (held === undefined) throw new TypeError('A lane that is ready has no message.');
      this.#startAlone(source, held);
    }
  }

  /** All of them, so that the most suspect one goes first. */
  #startSuspects(): void {
    for (const held of this.#lanes.takeExclusive()) {
      const runners = this.#runnersOf(held);
      const work: Work = (leases, signal) => this.#parts.suspects.outcomes(held, { leases, runners, signal });
      this.#track([held], work, () => undefined);
    }
  }

  #startBatch(batch: readonly ReceivedMessage[]): void {
    this.#slots.begin();
    // Also when it has ended by then: what came meanwhile may be waiting for one that was there before.
    setTimeout(() => this.#schedule(), SLOW_BATCH_MS + 1);
    this.#runBatch(batch, (_, tookMs) => {
      this.#slots.end();
      this.#batchSize.record(batch.length, tookMs);
    });
  }

  #startStoredBatch(batch: readonly ReceivedMessage[]): void {
    this.#shares.beginStoredBatch();
    this.#runBatch(batch, (outcomes, tookMs) => {
      const failed = anyFailed(outcomes);
      this.#scheduleIn(this.#shares.endStoredBatch({ messages: batch.length, tookMs, failed }));
    });
  }

  #runBatch(batch: readonly ReceivedMessage[], onEnd: (outcomes: Outcomes, tookMs: number) => void): void {
    const startedAt = performance.now();
    const { effects } = this.#parts.runners;
    const run: Work = (leases, release) => effects.run({ messages: batch, leases, release });
    this.#track(batch, run, (outcomes) => {
      const tookMs = performance.now() - startedAt;
      this.#parts.gate.leave();
      onEnd(outcomes, tookMs);
      this.#parts.counts.addBatch(batch.length, tookMs);
    });
  }

  #startAlone(source: Source, held: ReceivedMessage): void {
    this.#shares.beginAlone(source);
    const work: Work = async (leases) =>
      new Map([[held, await this.#runnersOf(held).externals.run(held, leases)]]);
    this.#track([held], work, (outcomes) => {
      this.#parts.gate.leave();
      this.#scheduleIn(this.#shares.endAlone(source, anyFailed(outcomes)));
    });
  }

  /** Its messages are acknowledged when they are in the database. */
  #startMove(move: LaneMove): void {
    const { lane, messages, wait } = move;
    const { partition, key, group, queue } = lane;
    const parkedId = group === undefined ? undefined : queue[0]?.parkedId;
    const { deferring } = this.#runnersOf(lane);
    this.#runs.start([lane], async () => {
      let rows: MovedRows | undefined;
      try {
        const leases = this.#partitions.leasesOf([lane]);
        rows = await deferring.move({ key, partition, parkedId, messages, wait, leases });
        this.#parts.counts.deferred += rows.size;
        for (const held of messages) this.#ack(held);
      } catch (error) {
        await this.#onMoveFailed(lane, error);
      }
      this.#lanes.finishMove(move, rows);
      this.#schedule();
    });
  }

  async #onMoveFailed({ key }: Lane, error: unknown): Promise<void> {
    if (isInfrastructureFailure(error)) await this.#onUndecided(error);
    else
      this.#parts.log.error({ key, error }, 'A key could not be moved to the database; trying again in 1 s');
  }

  #track(taken: readonly ReceivedMessage[], work: Work, onEnd: (outcomes: Outcomes) => void): void {
    this.#runs.start(taken, async (release) => {
      let outcomes: Outcomes = new Map();
      try {
        outcomes = await work(this.#partitions.leasesOf(taken), release);
      } catch (error) {
        await this.#onUndecided(error);
      }
      onEnd(outcomes);
      for (const [held, outcome] of outcomes) if (outcome.state === 'settled') this.#ack(held);
      this.#lanes.finish(taken, outcomes);
      this.#schedule();
    });
  }

  #ack(held: ReceivedMessage): void {
    this.#parts.counts.settled++;
    acknowledge(held, this.#parts.log);
  }

  /** Nothing was decided: the messages stay where they are, and are ready again after a moment. */
  async #onUndecided(error: unknown): Promise<void> {
    if (error instanceof OwnershipLost) {
      for (const lease of error.leases) this.lost(lease);
      this.onOwnershipDoubt();
    } else if (!(error instanceof HandlerAbandoned)) {
      this.#pause.begin(error);
      await delay(UNDECIDED_MS, undefined, { ref: false });
    }
  }
}
