import { AckPolicy, DeliverPolicy } from '@nats-io/jetstream';
import type { StreamDefinition } from '../contract/stream-definition.ts';
import type { DesiredConsumer } from '../topology/consumer-config.ts';
import { filterSubject } from '../topology/subject.ts';
import { INTAKE_LIMITS } from './intake-limits.ts';

const NANOS_PER_MS = 1_000_000;

/** A message that is neither acknowledged nor extended for this long is delivered again. */
export const ACK_WAIT_MS = 30_000;
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
