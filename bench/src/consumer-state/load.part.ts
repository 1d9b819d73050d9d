import { type OutgoingMessage, Publisher } from '@orderflow/messaging/internals';
import { SendSchedule } from '../latency/send-schedule.ts';
import { messageIds } from '../message-ids.ts';
import { type BenchStream, openStream, subjectsOf } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import { inTurn, payloads } from '../payload.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  /** Messages a second. */
  readonly rate: number;
}

/** Publishes at a steady rate, whatever the subscribers do. */
export const part = definePart<Options>({
  async start({ nats, stream, rate }) {
    const broker = await openStream(nats, stream);
    const publisher = new Publisher(broker.connection);
    const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
    const message = (n: number): OutgoingMessage => ({
      stream: stream.name,
      subject: inTurn(subjects, n),
      messageId: nextId(),
      headers: {},
      payload: inTurn(bodies, n),
    });
    const schedule = new SendSchedule(rate);
    return {
      go: async ({ count = 0 }) => {
        const published: Promise<unknown>[] = [];
        const done = await schedule.run((count / rate) * 1_000, (due) => {
          for (const { n } of due) published.push(publisher.publish(message(n)));
        });
        await Promise.all(published);
        return done;
      },
      stop: async () => {
        publisher.close();
        await broker.connection.close();
      },
    };
  },
});
