import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { isDeepStrictEqual } from 'node:util';
import { isConsumerNotFound } from '../broker/api-error.ts';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import { INTAKE_LIMITS } from '../intake/intake-limits.ts';
import { filterSubject } from './subject.ts';

const NANOS_PER_MS = 1_000_000;

/** A message that is neither acknowledged nor extended for this long is delivered again. */
export const ACK_WAIT_MS = 30_000;
/** Longer than a reader waits for a message; what one that has gone leaves behind looks like lag until then. */
const INACTIVE_MS = 10_000;

export type DesiredConsumer = Pick<
  ConsumerConfig,
  'durable_name' | 'ack_policy' | 'ack_wait' | 'deliver_policy' | 'max_deliver' | 'max_ack_pending'
> & { filter_subjects: string[] };

/** One durable consumer for each (service, stream, partition): `payment-ORDERS-07`. */
export function orderedConsumer(
  service: string,
  source: { stream: StreamDefinition; events: readonly string[] },
  partition: number,
): DesiredConsumer {
  const { stream, events } = source;
  return {
    ...explicitAck(`${service}-${stream.name}-${String(partition).padStart(2, '0')}`, INTAKE_LIMITS.messages),
    filter_subjects: events.map((event) => filterSubject(stream, partition, event)).sort(),
  };
}

/** One durable consumer that all instances of a service share: `notification-mailer`. */
export function sharedConsumer(name: string, filterSubjects: readonly string[]): DesiredConsumer {
  return { ...explicitAck(name, INTAKE_LIMITS.groupMessages), filter_subjects: [...filterSubjects].sort() };
}

/** Delivers subjects and headers of what comes after a sequence; the broker keeps nothing of it on disk, and forgets it 10 s after the last question. */
export function lookingConsumer(name: string, after: number): Partial<ConsumerConfig> {
  return {
    name,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: after + 1,
    headers_only: true,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_MS * NANOS_PER_MS,
  };
}

function explicitAck(name: string, maxAckPending: number): Omit<DesiredConsumer, 'filter_subjects'> {
  return {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ACK_WAIT_MS * NANOS_PER_MS,
    deliver_policy: DeliverPolicy.All,
    // Attempts are counted in Postgres. A limit here would stop deliveries silently.
    max_deliver: -1,
    max_ack_pending: maxAckPending,
  };
}

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
