import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream';
import { isDeepStrictEqual } from 'node:util';
import { isConsumerNotFound } from '../broker/api-error.ts';

export type DesiredConsumer = Pick<
  ConsumerConfig,
  'durable_name' | 'ack_policy' | 'ack_wait' | 'deliver_policy' | 'max_deliver' | 'max_ack_pending'
> & { filter_subjects: string[] };

/** Creates the consumer, or brings an existing one up to date. May be called again at any time, also by two instances at once. */
export async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  wanted: DesiredConsumer,
): Promise<void> {
  const name = wanted.durable_name ?? '';
  const found = await findConsumer(manager, stream, name);
  if (found === undefined) {
    await manager.consumers.add(stream, wanted);
    return;
  }
  const actual = { ...found, filter_subjects: filtersOf(found) };
  const differs = Object.entries(wanted).some(
    ([field, value]) => !isDeepStrictEqual(Reflect.get(actual, field), value),
  );
  if (differs) await manager.consumers.update(stream, name, wanted);
}

async function findConsumer(
  manager: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerConfig | undefined> {
  try {
    return (await manager.consumers.info(stream, name)).config;
  } catch (error) {
    if (isConsumerNotFound(error)) return undefined;
    throw error;
  }
}

function filtersOf(config: ConsumerConfig): string[] {
  const filters =
    config.filter_subjects ?? (config.filter_subject === undefined ? [] : [config.filter_subject]);
  return [...filters].sort();
}
