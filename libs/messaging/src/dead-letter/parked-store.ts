import { headers } from '@nats-io/transport-node';
import type { SqlDatabase } from '@orderflow/database';
import { IN_FLIGHT } from '../consumer/attempt.ts';
import type { HeldMessage } from '../consumer/held-message.ts';
import type { AttemptRecord } from '../inbox/inbox.ts';
import { parseStoredSubject } from '../topology/subject.ts';
import { lockKey, settleKey } from './blocked-keys.ts';

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
    AND consumer = ANY ($2::text[])
  ORDER BY next_at LIMIT $3`;

/** Served by parked_key. */
const HEAD = `
  SELECT * FROM messaging.parked WHERE consumer = $1 AND key = $2 AND blocks ORDER BY id LIMIT 1`;

const TAKE_BACK = `
  UPDATE messaging.parked SET attempts = attempts - 1, history = history - -1
  WHERE id = $1 AND history -> -1 ->> 'error' = $2
  RETURNING id`;

const POSTPONE = `
  UPDATE messaging.blocked_key SET next_at = clock_timestamp() + make_interval(secs => $3)
  WHERE consumer = $1 AND key = $2`;

/** The parked messages of this service, for the owner of their partition. */
export class ParkedStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** Keys of these partitions and consumers whose oldest parked message may be handled now, longest due first. */
  dueKeys(scope: {
    partitions: readonly number[];
    consumers: readonly string[];
    limit: number;
  }): Promise<DueKey[]> {
    return this.#database.query<DueKey>(DUE, [scope.partitions, scope.consumers, scope.limit]);
  }

  /** The oldest parked message of a key, as if it had just been delivered. Undefined when none is left, or it is dead. */
  async head(due: DueKey): Promise<HeldMessage | undefined> {
    const [row] = await this.#database.query<ParkedRow>(HEAD, [due.consumer, due.key]);
    return row?.state === 'waiting' ? holdParked(row, due.partition) : undefined;
  }

  /** A key without anything to handle must not stay among the due ones. */
  async settle(due: DueKey): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await lockKey(tx, due);
      await settleKey(tx, due);
    });
  }

  /** Uncounts an attempt that was counted before it began and was then not decided: it says nothing about the message. */
  async takeBack(due: DueKey, attempt: { parkedId: number | undefined; delayMs: number }): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await lockKey(tx, due);
      const taken = await tx.query(TAKE_BACK, [attempt.parkedId, IN_FLIGHT]);
      if (taken.length > 0) await tx.query(POSTPONE, [due.consumer, due.key, attempt.delayMs / 1000]);
    });
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
    delivery: {
      data: row.payload,
      headers: wanted,
      time: row.stored_at,
      ack: nothing,
      nak: nothing,
      working: nothing,
    },
    extendedAt: performance.now(),
  };
}
