import { connect } from 'amqplib';
import { assertOnce } from '../effects/effect-table.ts';
import { openInbox, writeOnce } from '../effects/inbox-of-peers.ts';
import { definePart } from '../part/protocol.ts';
import { EffectTimes } from './effect-times.ts';
import { TIMED_QUEUE } from './rabbitmq-load.part.ts';
import { isTimedMessage, type TimedMessage } from './timed-event.ts';

interface Options {
  readonly rabbitmq: string;
  readonly postgres: string;
  readonly prefetch: number;
}

export const part = definePart<Options>({
  async start({ rabbitmq, postgres, prefetch }) {
    const database = await openInbox(postgres);
    const client = await connect(rabbitmq);
    const channel = await client.createChannel();
    await channel.assertQueue(TIMED_QUEUE, { durable: true });
    await channel.prefetch(prefetch);
    const times = new EffectTimes();
    await channel.consume(TIMED_QUEUE, (delivery) => {
      if (delivery === null) return;
      const message = read(delivery.content);
      void writeOnce(database, message).then((effects) => {
        if (effects > 0) times.committed(message);
        channel.ack(delivery);
      });
    });
    return {
      go: ({ count = 0 }) => times.next(count),
      stop: async () => {
        await client.close();
        await assertOnce(database, times.total);
        await database.close();
      },
    };
  },
});

function read(content: Buffer): TimedMessage {
  const value: unknown = JSON.parse(content.toString());
  if (!isTimedMessage(value)) throw new Error('a message is not timed');
  return value;
}
