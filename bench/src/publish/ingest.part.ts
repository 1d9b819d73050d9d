import { headers } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { messageIds } from '../message-ids.ts';
import { definePart, type Done, type Run } from '../part/protocol.ts';
import { inTurn, payloads } from '../payload.ts';
import { type BenchStream, closeStream, openStream, storedIn, subjectsOf } from '../nats/bench-stream.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  /** Messages between two PINGs, two of which may be unanswered: nothing else holds the sender back. */
  readonly burst: number;
  readonly process: number;
}

const lookMs = 5;
/** The stream is quiet when it has not grown for so long. */
const quietMs = 100;

/**
 * What the broker takes in when nobody waits for its word. What it drops, because it comes too fast, does not count: the figure is
 * what is stored in the end, and only one process counts it.
 */
export const part = definePart<Options>({
  async start({ nats, stream, burst, process: number }) {
    const broker = await openStream(nats, stream);
    const [subjects, bodies, nextId] = [subjectsOf(stream), payloads(), messageIds()];
    let sent = 0;
    const sendBurst = (): void => {
      for (let n = 0; n < burst; n += 1) {
        const fields = headers();
        fields.set('Nats-Msg-Id', nextId());
        fields.set('Nats-Expected-Stream', stream.name);
        broker.connection.publish(inTurn(subjects, sent), inTurn(bodies, sent), { headers: fields });
        sent += 1;
      }
    };
    const go = async ({ ms = 0 }: Run): Promise<Done> => {
      const [beganAt, before] = [performance.now(), await storedIn(broker, stream)];
      let previous = Promise.resolve();
      while (performance.now() < beganAt + ms) {
        sendBurst();
        const answered = broker.connection.flush();
        await previous;
        previous = answered;
      }
      await previous;
      if (number !== 0) return { count: 0, ms: performance.now() - beganAt };
      const { stored, at } = await whenQuiet(() => storedIn(broker, stream));
      return { count: stored - before, ms: at - beganAt };
    };
    return { go, stop: () => closeStream(broker, stream) };
  },
});

async function whenQuiet(look: () => Promise<number>): Promise<{ stored: number; at: number }> {
  let last = { stored: await look(), at: performance.now() };
  while (performance.now() - last.at < quietMs) {
    await delay(lookMs);
    const stored = await look();
    if (stored > last.stored) last = { stored, at: performance.now() };
  }
  return last;
}
