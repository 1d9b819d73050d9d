import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { type Broker } from '@orderflow/messaging/internals';
import { type BenchStream, closeStream, openStream, PARTITIONS } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import type { ConsumerForm } from './consumer-form.ts';

interface Options extends ConsumerForm {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly subscribers: number;
}

const NANOS_PER_MS = 1_000_000;
const CUMULATIVE_ACK_MS = 250;
const ACK_PENDING = 512;

/** Services that read everything and acknowledge it as their form says; they do nothing else. */
export const part = definePart<Options>({
  async start(options) {
    const broker = await openStream(options.nats, options.stream);
    let received = 0;
    const readers: Reader[] = [];
    for (const name of consumerNames(options)) {
      readers.push(await Reader.open(broker, options, name, () => (received += 1)));
    }
    return {
      go: async ({ count = 0 }) => {
        const [first, beganAt] = [received, performance.now()];
        while (received - first < count * options.subscribers) {
          await new Promise((resolve) => void setTimeout(resolve, 1));
        }
        return { count, ms: performance.now() - beganAt };
      },
      stop: async () => {
        for (const reader of readers) reader.stop();
        await closeStream(broker, options.stream);
      },
    };
  },
});

interface Name {
  readonly durable: string;
  readonly filter: string;
}

/** One durable consumer for each service and partition, or one for each service. */
function consumerNames({ stream, subscribers, partitioned }: Options): Name[] {
  return Array.from({ length: subscribers }, (_, service) =>
    partitioned
      ? Array.from({ length: PARTITIONS }, (_, partition) => ({
          durable: `service-${service}-${partition}`,
          filter: `${stream.prefix}.${partition}.*.*`,
        }))
      : [{ durable: `service-${service}`, filter: `${stream.prefix}.>` }],
  ).flat();
}

class Reader {
  readonly #messages: ConsumerMessages;
  readonly #timer: NodeJS.Timeout | undefined;

  private constructor(messages: ConsumerMessages, timer: NodeJS.Timeout | undefined) {
    this.#messages = messages;
    this.#timer = timer;
  }

  static async open(broker: Broker, options: Options, name: Name, onMessage: () => void): Promise<Reader> {
    const { acks, storage, stream, partitioned } = options;
    await broker.manager.consumers.add(stream.name, {
      durable_name: name.durable,
      filter_subject: name.filter,
      ack_policy: { each: AckPolicy.Explicit, cumulative: AckPolicy.All, none: AckPolicy.None }[acks],
      ack_wait: 30_000 * NANOS_PER_MS,
      deliver_policy: DeliverPolicy.New,
      mem_storage: storage === 'memory',
      ...(acks === 'none' ? {} : { max_ack_pending: ACK_PENDING * (partitioned ? 1 : PARTITIONS) }),
    });
    let last: JsMsg | undefined;
    const consumer = await broker.client.consumers.get(stream.name, name.durable);
    const messages = await consumer.consume({
      max_messages: 256,
      callback: (message) => {
        onMessage();
        if (acks === 'each') message.ack();
        else last = message;
      },
    });
    const acknowledge = (): void => {
      last?.ack();
      last = undefined;
    };
    const timer = acks === 'cumulative' ? setInterval(acknowledge, CUMULATIVE_ACK_MS) : undefined;
    return new Reader(messages, timer);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#messages.stop();
  }
}
