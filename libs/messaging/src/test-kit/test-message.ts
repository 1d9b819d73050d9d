import { headers } from '@nats-io/transport-node';
import type { ReceivedMessage } from '../message/received-message.ts';
import { outboxRow } from '../outbox/outbox-row.ts';
import { partitionOf } from '../topology/partition.ts';

export interface TestMessageOptions {
  /** Default: a new one. Give the same twice for a duplicate. */
  messageId?: string;
  /** Position in the stream. Default: counts up. */
  sequence?: number;
  /** Replaces the body, to send what no publisher of ours would. */
  body?: string | Uint8Array;
  /** Added to, or instead of, the headers that the outbox writes. */
  headers?: Readonly<Record<string, string>>;
}

let lastSequence = 0;

/** An event as the broker would deliver it: the same subject, headers and body that the outbox publishes. */
export function testMessage(event: object, options: TestMessageOptions, partitions: number): ReceivedMessage {
  const row = outboxRow(event, { source: 'test-kit' });
  const [prefix = '', key = '', name = ''] = row.subject.split('.');
  const partition = partitionOf(key, partitions);
  const sent = headers();
  for (const [header, value] of Object.entries({ ...row.headers, ...options.headers }))
    sent.set(header, value);
  const body = options.body ?? row.payload;
  const nothing = (): void => undefined;
  return {
    stream: row.stream,
    sequence: options.sequence ?? ++lastSequence,
    subject: `${prefix}.${String(partition)}.${key}.${name}`,
    messageId: options.messageId ?? row.messageId,
    key,
    event: name,
    partition,
    extendedAt: performance.now(),
    delivery: {
      data: typeof body === 'string' ? new TextEncoder().encode(body) : body,
      headers: sent,
      time: new Date(),
      ack: nothing,
      nak: nothing,
      working: nothing,
    },
  };
}
