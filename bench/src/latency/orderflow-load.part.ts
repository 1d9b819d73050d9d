import { connectBroker, Publisher } from '@orderflow/messaging/internals';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { type Due, SendSchedule } from './send-schedule.ts';
import { TIMED, timedEvent } from './timed-event.ts';

interface Options {
  readonly nats: string;
  readonly rate: number;
}

/** Publishes as the relay does. */
export const part = definePart<Options>({
  async start({ nats, rate }) {
    const broker = await connectBroker({ servers: [nats], access: {}, name: 'load', bootTimeoutMs: 10_000 });
    const publisher = new Publisher(broker.connection);
    const [schedule, nextId] = [new SendSchedule(rate), messageIds()];
    const publish = async (due: Due): Promise<void> => {
      const [event, messageId] = [timedEvent(due), nextId()];
      await publisher.publish({
        stream: TIMED.name,
        subject: `timed.${event.userId}.happened`,
        messageId,
        headers: { 'ce-id': messageId, 'ce-type': 'timed.happened.v1', 'ce-source': '/services/bench' },
        payload: JSON.stringify(event),
      });
    };
    return {
      go: ({ ms = 0 }) =>
        schedule.run(ms, (due) => {
          for (const one of due) void publish(one);
        }),
      stop: async () => {
        publisher.close();
        await broker.connection.close();
      },
    };
  },
});
