import type { ConsumerMessages } from '@nats-io/jetstream';
import type { BenchStream } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import { natsConsumer } from './nats-go.ts';
import { assertAcknowledged, ensureAll, partitionConsumers, wholeConsumer } from './partition-consumers.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly consumers: number;
  readonly pull: number;
}

/** The client's callback form and nothing else: acknowledged as it comes, no order, no look at what it is. */
export const part = definePart<Options>({
  async start({ nats, stream, consumers: number, pull }) {
    return natsConsumer(nats, stream, async (broker, own, tally) => {
      const consumers = number === 1 ? [wholeConsumer(own)] : partitionConsumers(own);
      await ensureAll(broker, own, consumers);
      const pulls: ConsumerMessages[] = [];
      for (const { durable_name: durable = '' } of consumers) {
        const consumer = await broker.client.consumers.get(own.name, durable);
        const callback = (message: { ack(): void }): void => {
          tally.arrived();
          message.ack();
          tally.done();
        };
        pulls.push(await consumer.consume({ max_messages: pull, callback }));
      }
      const done = await tally.result(() => broker.connection.flush());
      for (const messages of pulls) messages.stop();
      await assertAcknowledged(broker, own, consumers);
      return done;
    });
  },
});
