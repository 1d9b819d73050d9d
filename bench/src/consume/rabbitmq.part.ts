import { connect } from 'amqplib';
import { definePart } from '../part/protocol.ts';
import { Tally } from '../part/tally.ts';
import { inTurn, payloads } from '../payload.ts';

interface Options {
  readonly rabbitmq: string;
  readonly queue: string;
  readonly type: 'classic' | 'quorum';
  readonly prefetch: number;
}

/** Pushed by the broker, as many as the prefetch allows, acknowledged one by one. */
export const part = definePart<Options>({
  async start({ rabbitmq, queue, type, prefetch }) {
    const client = await connect(rabbitmq);
    const channel = await client.createConfirmChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': type } });
    await channel.prefetch(prefetch);
    const bodies = payloads().map((body) => Buffer.from(body));
    const fill = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        const more = channel.sendToQueue(queue, inTurn(bodies, n), { persistent: true });
        if (!more) await channel.waitForConfirms();
      }
      await channel.waitForConfirms();
    };
    return {
      go: async ({ count = 0 }) => {
        await fill(count);
        const tally = new Tally(count);
        const { consumerTag } = await channel.consume(queue, (message) => {
          if (message === null) throw new Error('the broker cancelled the consumer');
          tally.arrived();
          channel.ack(message);
          tally.done();
        });
        const done = await tally.result(() => channel.checkQueue(queue));
        await channel.cancel(consumerTag);
        return done;
      },
      stop: async () => {
        await channel.deleteQueue(queue);
        await client.close();
      },
    };
  },
});
