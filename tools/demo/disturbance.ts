import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager, type PubAck } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';

export interface StoredAt {
  stream: string;
  sequence: number;
}

/** Publishes what is no JSON as if it were an order of the user. @returns its message id */
export async function publishMalformed(nats: NatsConnection, user: string): Promise<string> {
  const messageId = `malformed-${randomUUID()}`;
  const head = headers();
  head.set('ce-type', 'order.created.v1');
  await jetstream(nats).publish(`order.${user}.created`, '{ "orderId": ', {
    msgID: messageId,
    headers: head,
  });
  return messageId;
}

/** Publishes a stored message again, as it is and under its id. The broker says whether it knew the id. */
export async function publishAgain(nats: NatsConnection, { stream, sequence }: StoredAt): Promise<PubAck> {
  const manager = await jetstreamManager(nats);
  const stored = await manager.streams.getMessage(stream, { seq: sequence });
  if (stored === null) throw new Error(`${stream} has no message ${sequence}`);
  const [prefix = '', , key = '', event = ''] = stored.subject.split('.');
  return await jetstream(nats).publish(`${prefix}.${key}.${event}`, stored.data, { headers: stored.header });
}
