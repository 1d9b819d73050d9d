import { connect } from 'amqplib';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { type Due, SendSchedule } from './send-schedule.ts';
import { timedEvent } from './timed-event.ts';

interface Options {
  readonly rabbitmq: string;
  readonly rate: number;
}

export const TIMED_QUEUE = 'timed';

export const part = definePart<Options>({
  async start({ rabbitmq, rate }) {
    const client = await connect(rabbitmq);
    const channel = await client.createConfirmChannel();
    await channel.assertQueue(TIMED_QUEUE, { durable: true });
    const [schedule, nextId] = [new SendSchedule(rate), messageIds()];
    const send = (due: Due): unknown => {
      const message = { ...timedEvent(due), messageId: nextId() };
      return channel.sendToQueue(TIMED_QUEUE, Buffer.from(JSON.stringify(message)), { persistent: true });
    };
    return {
      go: async ({ ms = 0 }) => {
        const done = await schedule.run(ms, (due) => due.forEach(send));
        await channel.waitForConfirms();
        return done;
      },
      stop: () => client.close(),
    };
  },
});
