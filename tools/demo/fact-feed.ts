import { DeliverPolicy, jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { DEAD_LETTERS } from '@orderflow/messaging';
import { factStreams, streamView } from './checks/stream-view.ts';
import type { StreamView } from './checks/system-view.ts';

export type LiveFact = Pick<StreamView, 'stream' | 'sequence' | 'key' | 'event' | 'orderId'>;

export interface LiveDeadLetter {
  /** Who could not handle it. */
  consumer: string;
  key: string;
  reason: string;
}

export interface FeedListener {
  fact: (fact: LiveFact) => void;
  deadLetter: (dead: LiveDeadLetter) => void;
}

/** Each new fact of the users as it is stored, through ordered consumers that nobody else notices. */
export class FactFeed {
  readonly #consumers: readonly ConsumerMessages[];

  private constructor(consumers: readonly ConsumerMessages[]) {
    this.#consumers = consumers;
  }

  static async open(
    nats: NatsConnection,
    users: readonly string[],
    listener: FeedListener,
  ): Promise<FactFeed> {
    const follow = async (stream: string, filters: string[], callback: (message: JsMsg) => void) => {
      const options = { filter_subjects: filters, deliver_policy: DeliverPolicy.New };
      const consumer = await jetstream(nats).consumers.get(stream, options);
      return await consumer.consume({ callback });
    };
    const facts = factStreams.map(({ name, prefix }) =>
      follow(
        name,
        users.map((user) => `${prefix}.*.${user}.*`),
        (message) => listener.fact(streamView(name, message)),
      ),
    );
    const deadFilters = users.map((user) => `${DEAD_LETTERS.prefix}.*.${user}`);
    const dead = follow(DEAD_LETTERS.name, deadFilters, (message) =>
      listener.deadLetter(liveDeadLetter(message)),
    );
    return new FactFeed(await Promise.all([...facts, dead]));
  }

  async close(): Promise<void> {
    await Promise.all(this.#consumers.map((messages) => messages.close()));
  }
}

function liveDeadLetter({ subject, headers }: JsMsg): LiveDeadLetter {
  const [, consumer = '', key = ''] = subject.split('.');
  return { consumer, key, reason: headers?.get('orderflow-reason') ?? '' };
}
