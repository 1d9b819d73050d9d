import { headers } from '@nats-io/transport-node';
import type { SqlExecutor } from '@orderflow/database';
import type { HeldMessage } from '../consumer/held-message.ts';
import type { AttemptRecord } from '../inbox/inbox.ts';
import { parseStoredSubject } from '../topology/subject.ts';

/** A parked message as stored. */
export interface ParkedRow {
  id: number;
  consumer: string;
  key: string;
  message_id: string;
  stream: string;
  stream_seq: number;
  subject: string;
  headers: Record<string, string>;
  payload: Buffer;
  stored_at: Date;
  state: 'dead' | 'waiting';
  blocks: boolean;
  reason: string | null;
  attempts: number;
  history: AttemptRecord[];
  deaths: number;
  parked_at: Date;
}

export interface DueKey {
  consumer: string;
  key: string;
  partition: number;
}

/** Served by blocked_key_draining. */
const DUE = `
  SELECT consumer, key, partition FROM messaging.blocked_key
  WHERE state = 'draining' AND next_at <= clock_timestamp() AND partition = ANY ($1::int[])
  ORDER BY next_at LIMIT $2`;

/** Served by parked_key. */
const HEAD = `
  SELECT * FROM messaging.parked WHERE consumer = $1 AND key = $2 AND blocks ORDER BY id LIMIT 1`;

/** The parked messages of this service, for the owner of their partition. */
export class ParkedStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  /** Keys of these partitions whose oldest parked message may be handled now, longest due first. */
  dueKeys(partitions: readonly number[], limit: number): Promise<DueKey[]> {
    return this.#database.query<DueKey>(DUE, [partitions, limit]);
  }

  /** The oldest parked message of a key, as if it had just been delivered. Undefined when there is none left. */
  async head(due: DueKey): Promise<HeldMessage | undefined> {
    const [row] = await this.#database.query<ParkedRow>(HEAD, [due.consumer, due.key]);
    return row === undefined ? undefined : holdParked(row, due.partition);
  }
}

function holdParked(row: ParkedRow, partition: number): HeldMessage {
  const wanted = headers();
  for (const [name, value] of Object.entries(row.headers)) wanted.set(name, value);
  const nothing = (): void => undefined;
  return {
    stream: row.stream,
    sequence: row.stream_seq,
    subject: row.subject,
    messageId: row.message_id,
    key: row.key,
    event: parseStoredSubject(row.subject)?.event ?? '',
    partition,
    parkedId: row.id,
    // The broker's delivery was acknowledged when the message was parked.
    delivery: { data: row.payload, headers: wanted, time: row.stored_at, ack: nothing, nak: nothing, working: nothing },
    extendedAt: performance.now(),
  };
}
