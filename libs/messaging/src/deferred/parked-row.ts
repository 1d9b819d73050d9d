import { headers } from '@nats-io/transport-node';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { AttemptRecord } from '../inbox/claim.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { parseStoredSubject } from '../topology/subject.ts';

/** A message that is kept in the database, without its body. */
export interface ParkedRow {
  id: number;
  consumer: string;
  key: string;
  message_id: string;
  stream: string;
  stream_seq: number;
  subject: string;
  headers: Record<string, string>;
  stored_at: Date;
  state: 'dead' | 'waiting';
  blocks: boolean;
  reason: string | null;
  attempts: number;
  history: AttemptRecord[];
  deaths: number;
  parked_at: Date;
}

export interface WholeRow extends ParkedRow {
  payload: Buffer;
}

const NOTHING = (): void => undefined;

/** The message as if it had just been delivered. The broker's delivery was acknowledged when it was deferred. */
export function messageOfRow(row: WholeRow, partition: number): ReceivedMessage {
  const wanted = headers();
  for (const [name, value] of Object.entries(row.headers)) wanted.set(name, value);
  const delivery = { data: row.payload, headers: wanted, time: row.stored_at };
  return {
    stream: row.stream,
    sequence: row.stream_seq,
    subject: row.subject,
    messageId: row.message_id,
    key: row.key,
    event: parseStoredSubject(row.subject)?.event ?? '',
    partition,
    parkedId: row.id,
    ...(row.consumer === ORDERED ? {} : { group: row.consumer }),
    delivery: { ...delivery, ack: NOTHING, nak: NOTHING, working: NOTHING },
    extendedAt: performance.now(),
  };
}
