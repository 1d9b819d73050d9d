import type { ConsumerMessages } from '@nats-io/jetstream';
import type { BenchStream } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import type { Tally } from '../part/tally.ts';
import { natsConsumer } from './nats-go.ts';
import { assertAcknowledged, ensureAll, partitionConsumers } from './partition-consumers.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly pull: number;
}

/** `for await` over each partition's consumer, as the client's documentation shows first. */
export const part = definePart<Options>({
  async start({ nats, stream, pull }) {
    return natsConsumer(nats, stream, async (broker, own, tally) => {
      const consumers = partitionConsumers(own);
      await ensureAll(broker, own, consumers);
      const pulls: ConsumerMessages[] = [];
      for (const { durable_name: durable = '' } of consumers) {
        const consumer = await broker.client.consumers.get(own.name, durable);
        pulls.push(await consumer.consume({ max_messages: pull }));
      }
      const loops = pulls.map((messages) => acknowledgeEach(messages, tally));
      const done = await tally.result(() => broker.connection.flush());
      for (const messages of pulls) messages.stop();
      await Promise.all(loops);
      await assertAcknowledged(broker, own, consumers);
      return done;
    });
  },
});

async function acknowledgeEach(messages: ConsumerMessages, tally: Tally): Promise<void> {
  for await (const message of messages) {
    tally.arrived();
    message.ack();
    tally.done();
  }
}
