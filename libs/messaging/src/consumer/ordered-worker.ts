import { isDatabaseUnavailable, type SqlDatabase } from '@orderflow/database';
import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log.ts';
import { assertLeases, type Lease, OwnershipLost } from '../ownership/fence.ts';
import type { LeaseHolder } from '../ownership/membership.ts';
import { orderedConsumer } from '../topology/consumer-config.ts';
import { partitionOfResource } from '../topology/resource.ts';
import type { LeaseView } from '../dead-letter/parked-drain.ts';
import type { Parking } from '../dead-letter/parking.ts';
import { DeadlineExtender } from './deadline-extender.ts';
import { routeOf } from './decode.ts';
import type { EffectRunner } from './effect-runner.ts';
import type { ExternalRunner } from './external-runner.ts';
import type { HeldMessage } from './held-message.ts';
import { LaneSet } from './lane-set.ts';
import { PartitionIntake } from './partition-intake.ts';
import type { Router } from './router.ts';
import type { Runners } from './runners.ts';
import { HandlerAbandoned, type Outcome, SETTLED } from './settlement.ts';

/** Messages in one transaction at most. */
const MAX_BATCH = 100;
/** Transactions at once: usually one, with all that has arrived; more only while one is slow, so that nobody waits for it. */
const MAX_BATCHES = 4;
const SLOW_BATCH_MS = 10;
const MAX_ALONE = 64;
const PROBE_MS = 250;

export interface OrderedWorkerParts {
  service: string;
  broker: Broker;
  database: SqlDatabase;
  router: Router;
  effects: EffectRunner;
  externals: ExternalRunner;
  runAlone: Runners['runAlone'];
  parking: Parking;
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
  readonly #extender: DeadlineExtender;
  readonly #leases = new Map<number, Lease>();
  readonly #intakes = new Map<number, PartitionIntake[]>();
  readonly #runs = new Set<Run>();
  #batches = 0;
  #alone = 0;
  #batchStartedAt = 0;
  #scheduled = false;
  #stopped = false;
  #paused: string | undefined;
  /** Asked to look again who owns what. */
  onOwnershipDoubt: () => void = () => undefined;

  constructor(parts: OrderedWorkerParts) {
    this.#parts = parts;
    this.#lanes = new LaneSet(
      (held) =>
        held.suspect === true || routeOf(parts.router, held)?.kind === 'external' ? 'alone' : 'batch',
      { onReady: () => this.#schedule(), onOverflow: (messages) => this.#moveLane(messages) },
    );
    this.#extender = new DeadlineExtender(() => this.#lanes.all());
    this.#extender.start();
  }

  /** Why nothing is handled at the moment, or undefined. */
  get paused(): string | undefined {
    return this.#paused;
  }

  /** Partitions whose leases this process holds. */
  get ownedPartitions(): number[] {
    return [...this.#leases.keys()];
  }

  leaseOf(partition: number): Lease | undefined {
    return this.#leases.get(partition);
  }

  /** Messages taken and not yet settled. */
  get held(): number {
    return this.#lanes.count();
  }

  /** True when each partition that is held is being pulled from. */
  get pulling(): boolean {
    return [...this.#intakes.values()].flat().every((intake) => intake.pulling);
  }

  acquired(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    this.#leases.set(partition, lease);
    const { broker, router, service, log } = this.#parts;
    const intakes = router.sources().map((source) => {
      const consumer = orderedConsumer(service, source, partition);
      const onMessage = (held: HeldMessage): void => this.#lanes.add(held);
      const { orphaned } = lease;
      return new PartitionIntake({ broker, stream: source.stream.name, consumer, log, orphaned, onMessage });
    });
    this.#intakes.set(partition, intakes);
    for (const intake of intakes) intake.start();
  }

  async release(lease: Lease): Promise<void> {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined) return;
    await this.#close(partition);
    await Promise.all([...this.#runs].filter((run) => run.partitions.has(partition)).map((run) => run.done));
    // Unless it was lost and taken again while the last handlers finished.
    if (this.#leases.get(partition)?.epoch === lease.epoch) this.#leases.delete(partition);
  }

  lost(lease: Lease): void {
    const partition = partitionOfResource(lease.resource);
    if (partition === undefined || this.#leases.get(partition)?.epoch !== lease.epoch) return;
    this.#leases.delete(partition);
    void this.#close(partition);
  }

  /** After a reconnect deliveries may have been lost on the way. */
  restartIntakes(reason: string): void {
    for (const intake of [...this.#intakes.values()].flat()) intake.restart(reason);
  }

  stop(): void {
    this.#stopped = true;
    this.#extender.stop();
  }

  async #close(partition: number): Promise<void> {
    const intakes = this.#intakes.get(partition) ?? [];
    this.#intakes.delete(partition);
    const stopped = Promise.all(intakes.map((intake) => intake.stop()));
    this.#lanes.drop(partition);
    await stopped;
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
    while (this.#paused === undefined && this.#mayStartBatch()) {
      const batch = this.#lanes.takeBatch(MAX_BATCH);
      if (batch.length === 0) break;
      this.#startBatch(batch);
    }
    while (this.#paused === undefined && this.#alone < MAX_ALONE) {
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
    this.#batchStartedAt = performance.now();
    const slow = setTimeout(() => this.#pump(), SLOW_BATCH_MS + 1);
    const work = this.#withLeases(batch, (leases) => this.#parts.effects.run({ messages: batch, leases }));
    this.#track(batch, work, () => {
      clearTimeout(slow);
      this.#batches--;
    });
  }

  #startAlone(held: HeldMessage): void {
    this.#alone++;
    const work = this.#withLeases([held], async (leases) => {
      const { externals, runAlone } = this.#parts;
      const outcome = await (held.suspect === true ? runAlone(held, leases) : externals.run(held, leases));
      return new Map([[held, outcome]]);
    });
    this.#track([held], work, () => this.#alone--);
  }

  #moveLane(messages: readonly HeldMessage[]): void {
    const work = this.#withLeases(messages, async (leases) => {
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
      this.#pause(error);
    }
    return new Map();
  }

  #pause(error: unknown): void {
    if (this.#paused !== undefined) return;
    this.#paused = isDatabaseUnavailable(error) ? 'database unavailable' : 'unexpected failure';
    this.#parts.log.error({ error }, `Handling pauses: ${this.#paused}`);
    void this.#resumeWhenReachable();
  }

  async #resumeWhenReachable(): Promise<void> {
    for (;;) {
      await delay(PROBE_MS, undefined, { ref: false });
      if (this.#stopped) return;
      const reachable = await this.#parts.database.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (reachable) break;
    }
    this.#paused = undefined;
    this.#parts.log.info({}, 'Handling goes on');
    this.#schedule();
  }

  /** Never without a lease for each partition: effects without a fence could be those of a stale owner. */
  async #withLeases(
    messages: readonly HeldMessage[],
    work: (leases: readonly Lease[]) => Promise<Outcomes>,
  ): Promise<Outcomes> {
    const partitions = [...new Set(messages.map((held) => held.partition))];
    const leases = partitions
      .map((partition) => this.#leases.get(partition))
      .filter((lease) => lease !== undefined);
    if (leases.length < partitions.length) throw new OwnershipLost([]);
    return await work(leases);
  }
}
