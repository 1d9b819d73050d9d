import type { Broker } from '@orderflow/messaging/internals';
import { type BenchStream, fillStream, openStream } from '../nats/bench-stream.ts';
import type { Done, Run, RunningPart } from '../part/protocol.ts';
import { Tally } from '../part/tally.ts';

/** Consumes everything in the stream; resolves when the tally is full and the server has all acknowledgements. */
export type ConsumeAll = (broker: Broker, stream: BenchStream, tally: Tally) => Promise<Done>;

/** Each run has a stream of its own, filled before anything is consumed. */
export function natsConsumer(url: string, stream: BenchStream, consumeAll: ConsumeAll): RunningPart {
  let runs = 0;
  const go = async ({ count = 0 }: Run): Promise<Done> => {
    runs += 1;
    const own = { name: `${stream.name}_${runs}`, prefix: `${stream.prefix}-${runs}` };
    const broker = await openStream(url, own);
    await fillStream(broker, own, count);
    const done = await consumeAll(broker, own, new Tally(count));
    await broker.manager.streams.delete(own.name);
    await broker.connection.close();
    return done;
  };
  return { go, stop: async () => undefined };
}
