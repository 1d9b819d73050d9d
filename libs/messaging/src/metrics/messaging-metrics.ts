import { Inject, Injectable } from '@nestjs/common';
import { OutboxView } from '../admin/outbox-view.ts';
import { MessagingRuntime } from '../runtime.ts';
import { MessageCounts } from './message-counts.ts';

/** Of this process. The counts and `published` only grow, from 0 at its start. */
export interface ProcessFigures {
  readonly counts: Readonly<MessageCounts>;
  /** Messages taken from the streams and not yet settled. */
  readonly held: number;
  /** Messages that wait at the broker for this instance and its queue groups, as of 2 s ago at most. */
  readonly lag: number;
  readonly ownedPartitions: number;
  /** Nothing is taken from the streams, because the database or the broker is away. */
  readonly paused: boolean;
  /** This instance publishes the outbox of its service. */
  readonly relaying: boolean;
  /** PubAcks received, and publications that still wait for theirs. */
  readonly published: number;
  readonly inFlight: number;
}

/** Of the service: each of its instances reads the same. */
export interface StoredFigures {
  readonly unpublished: number;
  /** Not to be published yet. */
  readonly delayed: number;
  /** Age of the oldest row that could be published; 0 when there is none. */
  readonly oldestMs: number;
  /** Dead letters that nobody has repaired. */
  readonly dead: number;
  /** Parked behind one. */
  readonly waiting: number;
}

const NOTHING_YET: ProcessFigures = {
  counts: new MessageCounts(),
  held: 0,
  lag: 0,
  ownedPartitions: 0,
  paused: false,
  relaying: false,
  published: 0,
  inFlight: 0,
};

/** The whole table: it holds what somebody has to repair, and what waits behind that. */
const PARKED = `
  SELECT count(*) FILTER (WHERE state = 'dead')::int AS dead, count(*) FILTER (WHERE state = 'waiting')::int AS waiting
  FROM messaging.parked`;

/** Figures for whatever watches the service; knows no monitoring system. Names neither keys nor addresses. */
@Injectable()
export class MessagingMetrics {
  readonly #runtime: MessagingRuntime;
  readonly #outbox: OutboxView;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime) {
    this.#runtime = runtime;
    this.#outbox = new OutboxView(runtime.options.database);
  }

  /** Asks nobody; may be called at any time and as often as you like. */
  ofProcess(): ProcessFigures {
    const { consumers, publisher } = this.#runtime;
    // Still booting.
    if (consumers === undefined || publisher === undefined) return NOTHING_YET;
    const { worker, counts } = consumers.handling;
    return {
      counts,
      held: worker.held,
      lag: consumers.lag,
      ownedPartitions: worker.ownedPartitions.length,
      paused: worker.paused !== undefined,
      relaying: consumers.relay.running,
      published: publisher.acknowledged + consumers.publishedInBatches,
      inFlight: publisher.inFlight,
    };
  }

  /** Two queries. Rejects when the database is away. */
  async ofService(): Promise<StoredFigures> {
    const { unpublished, delayed, oldestAgeMs } = await this.#outbox.outbox();
    const { database } = this.#runtime.options;
    const [parked] = await database.query<{ dead: number; waiting: number }>(PARKED);
    return {
      unpublished,
      delayed,
      oldestMs: oldestAgeMs ?? 0,
      dead: parked?.dead ?? 0,
      waiting: parked?.waiting ?? 0,
    };
  }
}
