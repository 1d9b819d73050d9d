import { type ReceivedMessage, LaneSet, PartitionIntake, SETTLED } from '@orderflow/messaging/internals';
import type { BenchStream } from '../nats/bench-stream.ts';
import { definePart } from '../part/protocol.ts';
import type { Tally } from '../part/tally.ts';
import { natsConsumer } from './nats-go.ts';
import { assertAcknowledged, partitionConsumers } from './partition-consumers.ts';

interface Options {
  readonly nats: string;
  readonly stream: BenchStream;
  readonly batch: number;
}

const silent = (): void => undefined;
const complain = (fields: object, message: string): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const log = { debug: silent, info: silent, warn: complain, error: complain };

/** Nothing is remembered here. */
const nowhere = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() };

/**
 * What the ordered worker does around a handler, with nothing in the place of the transaction: gapless intake of each partition, a
 * lane for each key, batches of what has arrived, an acknowledgement for each message.
 */
export const part = definePart<Options>({
  async start({ nats, stream, batch }) {
    return natsConsumer(nats, stream, async (broker, own, tally) => {
      const lanes = lanesWithoutEffects(batch, tally);
      const onMessage = (held: ReceivedMessage): void => {
        tally.arrived();
        lanes.add(held);
      };
      const consumers = partitionConsumers(own);
      const intakes = consumers.map(
        (consumer) =>
          new PartitionIntake({
            broker,
            stream: own.name,
            consumer,
            log,
            lease: { suspicious: false },
            position: nowhere,
            onMessage,
            onRemoved: silent,
          }),
      );
      for (const intake of intakes) intake.start();
      const done = await tally.result(() => broker.connection.flush());
      await assertAcknowledged(broker, own, consumers);
      await Promise.all(intakes.map((intake) => intake.stop()));
      return done;
    });
  },
});

/** In a later turn of the event loop, as the worker does, so that all that has arrived by then goes into one batch. */
function lanesWithoutEffects(batch: number, tally: Tally): LaneSet {
  let scheduled = false;
  const pump = (): void => {
    scheduled = false;
    for (;;) {
      const taken = lanes.takeBatch('stream', batch);
      if (taken.length === 0) break;
      for (const held of taken) held.delivery.ack();
      lanes.finish(taken, new Map(taken.map((held) => [held, SETTLED])));
      tally.done(taken.length);
    }
  };
  const lanes: LaneSet = new LaneSet(() => 'batch', {
    onReady: () => {
      if (scheduled) return;
      scheduled = true;
      setImmediate(pump);
    },
    onMove: () => {
      throw new Error('no lane waits here');
    },
    onHungry: () => undefined,
  });
  return lanes;
}
