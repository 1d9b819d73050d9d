import { Queue } from 'bullmq';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { SendSchedule } from './send-schedule.ts';
import { timedEvent, type TimedMessage } from './timed-event.ts';

interface Options {
  readonly redis: string;
  readonly rate: number;
}

export const TIMED_QUEUE = 'timed';

/** What is due at one look is added by one call. */
export const part = definePart<Options>({
  async start({ redis, rate }) {
    const queue = new Queue<TimedMessage>(TIMED_QUEUE, {
      connection: { url: redis, maxRetriesPerRequest: null },
    });
    await queue.waitUntilReady();
    const [schedule, nextId] = [new SendSchedule(rate), messageIds()];
    return {
      go: ({ ms = 0 }) =>
        schedule.run(ms, (due) => {
          const messages = due.map((one) => ({ ...timedEvent(one), messageId: nextId() }));
          const jobs = messages.map((data) => ({
            name: TIMED_QUEUE,
            data,
            opts: { removeOnComplete: true },
          }));
          void queue.addBulk(jobs);
        }),
      stop: () => queue.close(),
    };
  },
});
