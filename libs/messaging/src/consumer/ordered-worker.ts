import type { SqlDatabase } from '@orderflow/database';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log.ts';
import type { MessageCounts } from '../metrics/message-counts.ts';
import { assertLeases, type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { LeaseHolder } from '../ownership/membership.ts';
import { partitionOfResource } from '../topology/resource.ts';
import type { LeaseView } from '../dead-letter/parked-drain.ts';
import type { Parking } from '../dead-letter/parking.ts';
import { BatchSize } from './batch-size.ts';
import { DeadlineExtender } from './deadline-extender.ts';
import { routeOf } from './decode.ts';
import type { EffectRunner } from './effect-runner.ts';
import type { ExternalRunner } from './external-runner.ts';
import type { HeldMessage } from './held-message.ts';
import { LaneSet } from './lane-set.ts';
import { PartitionSet } from './partition-set.ts';
import { Pause } from './pause.ts';
import type { Router } from './router.ts';
import type { Runners } from './runners.ts';
import { HandlerAbandoned, type Outcome, SETTLED } from './settlement.ts';

/** Transactions at once: usually one, with all that has arrived; more only while one is slow, so that nobody waits for it. */
const MAX_BATCHES = 4;
const SLOW_BATCH_MS = 10;
const MAX_ALONE = 64;

export interface OrderedWorkerParts {
  service: string;
  broker: Broker;
  database: SqlDatabase;
  router: Router;
  effects: EffectRunner;
  externals: ExternalRunner;
  runAlone: Runners['runAlone'];
  parking: Parking;
  counts: MessageCounts;
  log: Log;
}

type Outcomes = Map<HeldMessage, Outcome>;

interface Run {
  readonly partitions: ReadonlySet<number>;
  readonly done: Promise<void>;
}

/** Handles the partitions whose leases this process holds: intake, lanes, batches, acks. */
export class OrderedWorker implements LeaseHolder, LeaseView {
  readonly #parts: OrderedWorkerParts;
  readonly #lanes: LaneSet;
  readonly #partitions: PartitionSet;
  readonly #pause: Pause;
  readonly #extender: DeadlineExtender;
  readonly #runs = new Set<Run>();
  readonly #batchSize = new BatchSize();
  #batches = 0;
  #alone = 0;
  #batchStartedAt = 0;
  #scheduled = false;
  /** Asked to look again who owns what. */
  onOwnershipDoubt: () => void = () => undefined;

  constructor(parts: OrderedWorkerParts) {
    this.#parts = parts;
    this.#lanes = new LaneSet(
      (held) =>
        held.suspect === true || routeOf(parts.router, held)?.kind === 'external' ? 'alone' : 'batch',
      { onReady: () => this.#schedule(), onOverflow: (messages) => this.#moveLane(messages) },
    );
    this.#partitions = new PartitionSet({ ...parts, onMessage: (held) => this.#lanes.add(held) });
    this.#pause = new Pause({ ...parts, onResume: () => this.#schedule() });
    this.#extender = new DeadlineExtender(() => this.#lanes.all());
    this.#extender.start();
  }

  get paused(): string | undefined {
    return this.#pause.reason;
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

  leaseOf(partition: number): Lease | undefined {
    return this.#partitions.lease(partition);
  }

  acquired(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition !== undefined) this.#partitions.open(partition, lease);
  }

  async release(lease: Lease): Promise<void> {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    const stopped = this.#partitions.stopIntake(partition);
    this.#lanes.drop(partition);
    await stopped;
    await Promise.all([...this.#runs].filter((run) => run.partitions.has(partition)).map((run) => run.done));
    this.#partitions.dropLease(partition, lease);
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

  /** In a later turn of the event loop, so that all that has arrived by then goes into one batch. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.paused === undefined && this.#mayStartBatch()) {
      const batch = this.#lanes.takeBatch(this.#batchSize.limit);
      if (batch.length === 0) break;
      this.#startBatch(batch);
    }
    while (this.paused === undefined && this.#alone < MAX_ALONE) {
      const held = this.#lanes.takeAlone();
      if (held === undefined) break;
      this.#startAlone(held);
    }
  }

  #mayStartBatch(): boolean {
    if (this.#batches === 0) return true;
    return this.#batches < MAX_BATCHES && performance.now() - this.#batchStartedAt >= SLOW_BATCH_MS;
  }

  #startBatch(batch: HeldMessage[]): void {
    this.#batches++;
    const startedAt = performance.now();
    this.#batchStartedAt = startedAt;
    // Also when it has ended by then: what came meanwhile may be waiting for one that was there before.
    setTimeout(() => this.#schedule(), SLOW_BATCH_MS + 1);
    const work = this.#underLeases(batch, (leases) => this.#parts.effects.run({ messages: batch, leases }));
    this.#track(batch, work, () => {
      this.#batches--;
      const tookMs = performance.now() - startedAt;
      this.#batchSize.record(batch.length, tookMs);
      const { counts } = this.#parts;
      counts.batches++;
      counts.batchMessages += batch.length;
      counts.batchMs += tookMs;
    });
  }

  #startAlone(held: HeldMessage): void {
    this.#alone++;
    const work = this.#underLeases([held], async (leases) => {
      const { externals, runAlone } = this.#parts;
      try {
        const outcome = await (held.suspect === true ? runAlone(held, leases) : externals.run(held, leases));
        return new Map([[held, outcome]]);
      } finally {
        // It did not end the process; should it have to wait, or the database have gone, no further attempt is counted for that.
        held.suspect = false;
      }
    });
    this.#track([held], work, () => this.#alone--);
  }

  #moveLane(messages: readonly HeldMessage[]): void {
    const work = this.#underLeases(messages, async (leases) => {
      const { database, parking, log } = this.#parts;
      await database.transaction(async (tx) => {
        await assertLeases(tx, leases);
        await parking.moveLane(tx, messages);
      });
      log.warn({ key: messages[0]?.key, messages: messages.length }, 'A lane grew too long and was parked');
      return new Map(messages.map((held) => [held, SETTLED]));
    });
    this.#track(messages, work, () => undefined);
  }

  /** For work on a partition that does not come from a lane. */
  async track(partition: number, work: Promise<void>): Promise<void> {
    const done = work.catch((error: unknown) => void this.#onUndecided(error));
    const run: Run = { partitions: new Set([partition]), done };
    this.#runs.add(run);
    await done;
    this.#runs.delete(run);
  }

  #track(taken: readonly HeldMessage[], work: Promise<Outcomes>, onEnd: () => void): void {
    const done = work
      .catch((error: unknown) => this.#onUndecided(error))
      .then((outcomes) => {
        onEnd();
        this.#runs.delete(run);
        for (const [held, outcome] of outcomes) if (outcome.state === 'settled') this.#ack(held);
        this.#lanes.finish(taken, outcomes);
        this.#schedule();
      });
    const run: Run = { partitions: new Set(taken.map((held) => held.partition)), done };
    this.#runs.add(run);
  }

  /** On a connection that has been closed the client throws; the message comes again and is recognised. */
  #ack(held: HeldMessage): void {
    this.#parts.counts.settled++;
    try {
      held.delivery.ack();
    } catch (error) {
      this.#parts.log.debug({ messageId: held.messageId, error: String(error) }, 'Not acknowledged');
    }
  }

  /** Nothing was decided: the messages stay where they are. */
  #onUndecided(error: unknown): Outcomes {
    if (error instanceof OwnershipLost) {
      for (const lease of error.leases) this.lost(lease);
      this.onOwnershipDoubt();
    } else if (!(error instanceof HandlerAbandoned)) {
      this.#pause.begin(error);
    }
    return new Map();
  }

  async #underLeases(
    messages: readonly HeldMessage[],
    work: (leases: readonly Lease[]) => Promise<Outcomes>,
  ): Promise<Outcomes> {
    return await work(this.#partitions.leasesOf(messages));
  }
}
