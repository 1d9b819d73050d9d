import { Inject, Injectable } from '@nestjs/common';
import { OutboxView } from './outbox-view.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { firstRows } from './counted-rows.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { type StreamFill, StreamFills } from './stream-fills.ts';

/** Of this process. The counts and `published` only grow, from 0 at its start. */
export interface ProcessFigures {
  readonly counts: Readonly<MessageCounts>;
  /** Messages taken from the streams, and read from the database, that are not yet settled. */
  readonly held: number;
  /** Those of them that were read from the database. */
  readonly loaded: number;
  /** Bytes of messages taken from the streams and not yet settled; and partitions of which nothing more is taken, because that is too much. */
  readonly heldBytes: number;
  readonly heldUpPartitions: number;
  /** Messages that wait at the broker for this instance and its queue groups, as of 2 s ago at most. */
  readonly lag: number;
  readonly ownedPartitions: number;
  /** Nothing is taken from the streams, because the database or the broker is away. */
  readonly paused: boolean;
  /** This instance publishes the outbox of its service. */
  readonly relaying: boolean;
  /** Instances that handle other events than this one; more than 0 is expected during a rolling deploy only. */
  readonly differingInstances: number;
  /** For how long the broker has not answered. */
  readonly brokerSilenceMs: number;
  /** PubAcks received, and publications that still wait for theirs. */
  readonly published: number;
  readonly inFlight: number;
}

/**
 * Of the service: each of its instances reads the same. Counts go to 10,000 rows, and then stand for as many or more; those of
 * `waiting` and `deferred` to 10,000 keys, with all their messages.
 */
export interface StoredFigures {
  readonly unpublished: number;
  /** Not to be published yet. */
  readonly delayed: number;
  /** Age of the oldest row that could be published; 0 when there is none. */
  readonly oldestMs: number;
  /** Events that the broker will never take; each holds up its key. */
  readonly refused: number;
  /** Dead letters that nobody has repaired. */
  readonly dead: number;
  /** Parked behind one. */
  readonly waiting: number;
  /** Waiting for a retry, for a dependency, or behind such a message: handled without anybody's help. */
  readonly deferred: number;
}

const NOTHING_YET: ProcessFigures = {
  counts: new MessageCounts(),
  held: 0,
  loaded: 0,
  heldBytes: 0,
  heldUpPartitions: 0,
  lag: 0,
  ownedPartitions: 0,
  paused: false,
  relaying: false,
  differingInstances: 0,
  brokerSilenceMs: 0,
  published: 0,
  inFlight: 0,
};

const DEAD = firstRows({ from: `messaging.parked WHERE state = 'dead'`, order: 'id' });
const BLOCKED = firstRows({
  columns: 'messages',
  from: `messaging.blocked_key WHERE state = 'blocked'`,
  order: 'consumer, key',
});
const DUE = 'partition, consumer, dependency, next_at';
const DRAINING = firstRows({
  columns: 'messages',
  from: `messaging.blocked_key WHERE state = 'draining'`,
  order: DUE,
});
const ALONE = firstRows({ from: 'messaging.parked WHERE next_at IS NOT NULL', order: DUE });

/**
 * From the counters of the keys, which are few beside their messages. Served by parked_dead, blocked_key_blocked,
 * blocked_key_due and parked_due.
 */
export const STORED = `
  SELECT dead.count AS dead, blocked.messages - blocked.keys AS waiting, draining.messages + alone.count AS deferred
  FROM (SELECT count(*)::int FROM ${DEAD} AS dead) AS dead,
    (SELECT count(*)::int AS keys, coalesce(sum(messages), 0)::int AS messages FROM ${BLOCKED} AS key) AS blocked,
    (SELECT coalesce(sum(messages), 0)::int AS messages FROM ${DRAINING} AS key) AS draining,
    (SELECT count(*)::int FROM ${ALONE} AS message) AS alone`;

/** Figures for whatever watches the service; knows no monitoring system. Names neither keys nor addresses. */
@Injectable()
export class MessagingMetrics {
  readonly #runtime: MessagingRuntime;
  readonly #outbox: OutboxView;
  readonly #streams: StreamFills;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime) {
    this.#runtime = runtime;
    this.#outbox = new OutboxView(runtime.options.database);
    const owned = runtime.options.streams.map(({ name }) => name);
    this.#streams = new StreamFills([...owned, DEAD_LETTERS.name], () => runtime.broker?.manager);
  }

  /** Asks nobody; may be called at any time and as often as you like. */
  ofProcess(): ProcessFigures {
    const { instance } = this.#runtime;
    // Still booting.
    if (instance === undefined) return NOTHING_YET;
    const { worker, counts } = instance.handling;
    return {
      counts,
      held: worker.held,
      loaded: worker.loaded,
      heldBytes: worker.intake.bytes,
      heldUpPartitions: worker.intake.heldUp.length,
      lag: instance.lag,
      ownedPartitions: worker.ownedPartitions.length,
      paused: worker.paused !== undefined,
      relaying: instance.relay.running,
      differingInstances: instance.membership.differingInstances.length,
      brokerSilenceMs: instance.contact.silenceMs,
      published: instance.relaying.acknowledged,
      inFlight: instance.relaying.inFlight,
    };
  }

  /** Two queries. Rejects when the database is away. */
  async ofService(): Promise<StoredFigures> {
    const { unpublished, delayed, refused, oldestAgeMs } = await this.#outbox.outbox();
    const { database } = this.#runtime.options;
    const [stored] = await database.query<Pick<StoredFigures, 'dead' | 'waiting' | 'deferred'>>(STORED);
    return {
      unpublished,
      delayed,
      refused,
      oldestMs: oldestAgeMs ?? 0,
      dead: stored?.dead ?? 0,
      waiting: stored?.waiting ?? 0,
      deferred: stored?.deferred ?? 0,
    };
  }

  /** How full the owned streams and DEAD_LETTERS are, as of 10 s ago at most. Rejects when the broker does not answer. */
  ofStreams(): Promise<readonly StreamFill[]> {
    return this.#streams.read();
  }
}
