import { Publisher } from '@orderflow/messaging/internals';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, payloads } from '../payload.ts';
import { assertStored, type BenchStream, closeStream, openStream, subjectsOf } from '../nats/bench-stream.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly window: number;
}

/** The library's publisher, as the relay uses it. */
export const part = definePart<Options>({
  async start({ nats, stream, window }) {
    const broker = await openStream(nats, stream);
    const publisher = new Publisher(broker.connection, { maxInFlight: window });
    const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
    let sent = 0;
    const publishOne = (): Promise<unknown> => {
      const n = sent++;
      return publisher.publish({
        stream: stream.name,
        subject: inTurn(subjects, n),
        messageId: nextId(),
        headers: {},
        payload: inTurn(bodies, n),
      });
    };
    return {
      go: async (run) => {
        const done = await inWindow(run, { width: window }, publishOne);
        await assertStored(broker, stream, sent);
        return done;
      },
      stop: async () => {
        publisher.close();
        await closeStream(broker, stream);
      },
    };
  },
});
