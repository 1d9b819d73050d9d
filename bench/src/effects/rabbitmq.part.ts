import { connect } from 'amqplib';
import { definePart } from '../part/protocol.ts';
import { EffectCounter } from './effect-counter.ts';
import { effectMessages } from './effect-messages.ts';
import { assertOnce, type Effect, isEffect } from './effect-table.ts';
import { openInbox, writeOnce } from './inbox-of-peers.ts';

interface Options {
  readonly rabbitmq: string;
  readonly postgres: string;
  readonly prefetch: number;
  readonly messages: number;
}

const QUEUE = 'effects';

export const part = definePart<Options>({
  async start({ rabbitmq, postgres, prefetch, messages }) {
    const database = await openInbox(postgres);
    const client = await connect(rabbitmq);
    const channel = await client.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    for (const message of effectMessages(messages))
      channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(message)), { persistent: true });
    await channel.waitForConfirms();
    await channel.prefetch(prefetch);
    const counter = new EffectCounter();
    let [done, consuming] = [0, false];
    const consume = (): unknown =>
      channel.consume(QUEUE, (delivery) => {
        if (delivery === null) return;
        void writeOnce(database, read(delivery.content)).then((effects) => {
          channel.ack(delivery);
          counter.add(effects);
        });
      });
    return {
      go: async ({ count = 0 }) => {
        const reached = counter.more(count);
        if (!consuming) await consume();
        consuming = true;
        const result = await reached;
        done += result.count;
        return result;
      },
      stop: async () => {
        await channel.deleteQueue(QUEUE);
        await client.close();
        await assertOnce(database, done);
        await database.close();
      },
    };
  },
});

function read(content: Buffer): Effect {
  const value: unknown = JSON.parse(content.toString());
  if (!isEffect(value)) throw new Error('a message is no effect');
  return value;
}
