import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  type JsMsg,
} from '@nats-io/jetstream';
import type { Broker } from './broker.ts';

const NANOS_PER_MS = 1_000_000;
/** Until the first message is there. */
const FIRST_EXPIRES_MS = 5_000;
/** Until those are there that are known to be. */
const OTHERS_EXPIRE_MS = 2_000;
/** Longer than a reader waits for a message; what one that has gone leaves behind looks like lag until then. */
const INACTIVE_MS = 10_000;

/**
 * Looks at a stream, in its order, from one place on: subjects and headers without bodies, and nothing is acknowledged.
 * That costs a third of what a durable consumer costs. After a failure nothing more can be read: close it, and open another one.
 */
export class StreamReader {
  readonly #consumer: Consumer;
  #messages: ConsumerMessages | undefined;
  #delivered = 0;
  #closed = false;

  private constructor(consumer: Consumer) {
    this.#consumer = consumer;
  }

  /** @param place reads what comes after that sequence; `name` is the consumer's, and nobody else's */
  static async open(
    { manager, client }: Broker,
    stream: string,
    place: { name: string; after: number },
  ): Promise<StreamReader> {
    const info = await manager.consumers.add(stream, lookingConsumer(place.name, place.after));
    return new StreamReader(client.consumers.getConsumerFromInfo(info));
  }

  /**
   * Waits for a message, some 5 s while there is a connection, and returns it with those that are behind it: `max` at
   * most, none if none came. Rejects when the broker no longer has the consumer, when it is silent, or when something was lost on the way.
   */
  async read(max: number): Promise<JsMsg[]> {
    const [first] = await this.#fetch(1, FIRST_EXPIRES_MS);
    if (first === undefined) {
      if (!this.#closed) this.#assertAllCame((await this.#consumer.info()).delivered.consumer_seq);
      return [];
    }
    // Asked for by their number: a request that can be met ends at once.
    const others = Math.min(first.info.pending, max - 1);
    return others === 0 ? [first] : [first, ...(await this.#fetch(others, OTHERS_EXPIRE_MS))];
  }

  /** A read that waits ends. The broker forgets the consumer by itself: no permission to delete consumers is needed. */
  close(): void {
    this.#closed = true;
    this.#messages?.stop();
  }

  async #fetch(count: number, expiresMs: number): Promise<JsMsg[]> {
    this.#messages = await this.#consumer.fetch({ max_messages: count, expires: expiresMs });
    if (this.#closed) this.#messages.stop();
    const fetched: JsMsg[] = [];
    for await (const message of this.#messages) fetched.push(message);
    this.#delivered += fetched.length;
    const last = fetched.at(-1);
    if (last !== undefined) this.#assertAllCame(last.info.deliverySequence);
    return fetched;
  }

  #assertAllCame(delivered: number): void {
    if (delivered !== this.#delivered)
      throw new Error(`Delivered were ${String(delivered)} messages, ${String(this.#delivered)} arrived`);
  }
}

/** Delivers subjects and headers of what comes after a sequence; the broker keeps nothing of it on disk, and forgets it 10 s after the last question. */
function lookingConsumer(name: string, after: number): Partial<ConsumerConfig> {
  return {
    name,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_MS * NANOS_PER_MS,
  };
}
