import {
  type Broker,
  type DesiredConsumer,
  ensureConsumer,
  orderedConsumer,
} from '@orderflow/messaging/internals';
import { type BenchStream, PARTITIONS } from '../nats/bench-stream.ts';

const patienceMs = 5_000;

/** As the library has them: one durable consumer for each partition. */
export function partitionConsumers(stream: BenchStream): DesiredConsumer[] {
  const source = { stream: { ...stream, owner: 'bench' }, events: ['happened'] };
  return Array.from({ length: PARTITIONS }, (_, partition) => orderedConsumer('bench', source, partition));
}

/** One consumer for everything, with as much under way as the sixteen have together. */
export function wholeConsumer(stream: BenchStream): DesiredConsumer {
  const [first] = partitionConsumers(stream);
  if (first === undefined) throw new Error('there is no partition');
  const pending = (first.max_ack_pending ?? 0) * PARTITIONS;
  return {
    ...first,
    durable_name: 'whole',
    filter_subjects: [`${stream.prefix}.>`],
    max_ack_pending: pending,
  };
}

export async function ensureAll(
  broker: Broker,
  { name }: BenchStream,
  consumers: readonly DesiredConsumer[],
): Promise<void> {
  for (const consumer of consumers) await ensureConsumer(broker.manager, name, consumer);
}

/** Acknowledgements have no answer, and the server counts them a moment after it has read them. None may be missing in the end. */
export async function assertAcknowledged(
  broker: Broker,
  { name }: BenchStream,
  consumers: readonly DesiredConsumer[],
): Promise<void> {
  for (const { durable_name: durable = '' } of consumers) {
    const missing = async (): Promise<number> =>
      (await broker.manager.consumers.info(name, durable)).num_ack_pending;
    const deadline = Date.now() + patienceMs;
    while ((await missing()) > 0) {
      if (Date.now() > deadline) throw new Error(`${durable} misses acknowledgements`);
    }
  }
}
