import type { SqlExecutor } from '@orderflow/database';
import type { Broker } from '../broker/broker.ts';
import type { Log } from '../log/log.ts';
import type { MessageCounts } from '../message/message-counts.ts';
import type { Lease } from '../ownership/fence.ts';
import { orderedConsumer } from './durable-consumers.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { IntakePosition } from './intake-position.ts';
import { PartitionIntake } from './partition-intake.ts';
import type { PartitionLeases } from './partition-leases.ts';
import type { Router } from '../routing/router.ts';

export interface PartitionSetParts {
  service: string;
  broker: Broker;
  database: SqlExecutor;
  router: Router;
  counts: MessageCounts;
  log: Log;
  leases: PartitionLeases;
  onMessage: (held: ReceivedMessage) => void;
}

/** The partitions that this process holds: an intake for each stream of each. */
export class PartitionSet {
  readonly #parts: PartitionSetParts;
  readonly #intakes = new Map<number, PartitionIntake[]>();

  constructor(parts: PartitionSetParts) {
    this.#parts = parts;
  }

  /** True when each stream of each partition is being pulled from. */
  get pulling(): boolean {
    return this.#all().every((intake) => intake.pulling);
  }

  /** Messages that wait at the broker for the partitions held here. */
  get pending(): number {
    return this.#all().reduce((sum, intake) => sum + intake.pending, 0);
  }

  open(partition: number, lease: Lease): void {
    const { broker, database, router, service, counts, log, leases, onMessage } = this.#parts;
    leases.add(partition, lease);
    const intakes = router.sources().map((source) => {
      const consumer = orderedConsumer(service, source, partition);
      const stream = source.stream.name;
      const position = new IntakePosition(database, stream, consumer.durable_name ?? '');
      const common = { broker, stream, consumer, log, onMessage };
      return new PartitionIntake({
        ...common,
        lease,
        position,
        onRemoved: ({ from, to }) => (counts.removedUnhandled += to - from + 1),
      });
    });
    this.#intakes.set(partition, intakes);
    for (const intake of intakes) intake.start();
  }

  /** Something of what ran when the last owner of this partition ended is not yet handled: it is held, or still to come. */
  leavesSuspects(partition: number, isHeld: boolean): boolean {
    if (this.#parts.leases.of(partition)?.suspicious !== true) return false;
    return isHeld || (this.#intakes.get(partition) ?? []).some((intake) => intake.expectsSuspects);
  }

  /** Partitions of which nothing more is taken, because too much is held. */
  get heldUp(): number[] {
    return [...this.#intakes]
      .filter(([, intakes]) => intakes.some((intake) => intake.held !== undefined))
      .map(([partition]) => partition);
  }

  /** Takes nothing more of a partition until it may be resumed. */
  hold(partition: number, reason: string): void {
    for (const intake of this.#intakes.get(partition) ?? []) intake.hold(reason);
  }

  resume(mayResume: (partition: number) => boolean): void {
    for (const partition of this.heldUp)
      if (mayResume(partition)) for (const intake of this.#intakes.get(partition) ?? []) intake.resume();
  }

  /** Takes nothing more in. The lease stays, for what still runs. */
  async stopIntake(partition: number): Promise<void> {
    const intakes = this.#intakes.get(partition) ?? [];
    this.#intakes.delete(partition);
    await Promise.all(intakes.map((intake) => intake.stop()));
  }

  /** After a reconnect deliveries may have been lost on the way. */
  restart(reason: string): void {
    for (const intake of this.#all()) intake.restart(reason);
  }

  #all(): PartitionIntake[] {
    return [...this.#intakes.values()].flat();
  }
}
