import { type Batch, jetstream } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { messageIds } from '../message-ids.ts';
import { definePart } from '../part/protocol.ts';
import { inWindow } from '../part/window.ts';
import { inTurn, payloads } from '../payload.ts';
import { assertStored, type BenchStream, closeStream, openStream, subjectsOf } from '../nats/bench-stream.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly batch: number;
  readonly window: number;
}

/** Stored all or none, with one acknowledgement for a batch; several batches are under way. */
export const part = definePart<Options>({
  async start({ nats, stream, batch, window }) {
    const broker = await openStream(nats, stream);
    await broker.manager.streams.update(stream.name, { allow_atomic: true });
    const client = jetstream(broker.connection);
    const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
    let sent = 0;
    const fields = (): MsgHdrs => {
      const result = headers();
      result.set('Nats-Msg-Id', nextId());
      return result;
    };
    const next = (): [string, Uint8Array] => {
      const n = sent++;
      return [inTurn(subjects, n), inTurn(bodies, n)];
    };
    const sendBatch = async (): Promise<void> => {
      const [subject, body] = next();
      const open: Batch = await client.startBatch(subject, body, { msgID: nextId() });
      for (let n = 2; n < batch; n += 1) addWithoutAck(open, next(), fields());
      await open.commit(...next(), { headers: fields() });
    };
    return {
      go: async (run) => {
        const done = await inWindow(run, { width: window / batch, each: batch }, sendBatch);
        await assertStored(broker, stream, sent);
        return done;
      },
      stop: () => closeStream(broker, stream),
    };
  },
});

/** Its answer comes with the commit. */
function addWithoutAck(open: Batch, [subject, body]: [string, Uint8Array], fields: MsgHdrs): void {
  void open.add(subject, body, { headers: fields, ack: false });
}
