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

/** The client's own publish, so many at once. */
export const part = definePart<Options>({
  async start({ nats, stream, window }) {
    const broker = await openStream(nats, stream);
    const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
    let sent = 0;
    const publishOne = (): Promise<unknown> => {
      const n = sent++;
      const expect = { streamName: stream.name };
      return broker.client.publish(inTurn(subjects, n), inTurn(bodies, n), { msgID: nextId(), expect });
    };
    return {
      go: async (run) => {
        const done = await inWindow(run, { width: window }, publishOne);
        await assertStored(broker, stream, sent);
        return done;
      },
      stop: () => closeStream(broker, stream),
    };
  },
});
