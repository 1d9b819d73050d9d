import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { originalHeaders } from '../message/message-headers.ts';

/**
 * Writes messages to messaging.parked in the order given, with the attempts that they have used. $10 true: each is
 * recorded in the inbox first, and one that is recorded there already is left out. $11 false: messages of a queue group,
 * which wait for themselves only.
 */
const STORE = `
  WITH message AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bytea[],
      $9::timestamptz[], $12::int[], $13::float8[], $14::text[])
      WITH ORDINALITY AS message (key, message_id, stream, stream_seq, subject, headers, payload, stored_at, partition,
        delay_ms, dependency, position)
  ), recorded AS (
    INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
    SELECT $1, message_id, 'parked', stream, stream_seq FROM message WHERE $10 ORDER BY position
    ON CONFLICT DO NOTHING RETURNING stream, message_id
  ), fresh AS (
    SELECT * FROM message WHERE NOT $10 OR (stream, message_id) IN (SELECT stream, message_id FROM recorded)
  ), taken AS (
    DELETE FROM messaging.attempt USING fresh
    WHERE attempt.consumer = $1 AND attempt.stream = fresh.stream AND attempt.message_id = fresh.message_id
    RETURNING attempt.stream, attempt.message_id, attempts, history
  )
  INSERT INTO messaging.parked
    (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at, state, blocks, attempts,
     history, partition, next_at, dependency)
  SELECT $1, key, message_id, stream, stream_seq, subject, headers::jsonb, payload, stored_at, 'waiting', $11,
    coalesce(attempts, 0), coalesce(history, '[]'),
    CASE WHEN NOT $11 THEN partition END,
    CASE WHEN NOT $11 THEN clock_timestamp() + make_interval(secs => delay_ms / 1000) END,
    CASE WHEN $11 THEN '' ELSE dependency END
  FROM fresh LEFT JOIN taken USING (stream, message_id) ORDER BY position
  ON CONFLICT (consumer, stream, message_id) DO NOTHING
  RETURNING id, key, stream, message_id`;

export interface StoredMessage {
  readonly id: number;
  readonly key: string;
  readonly stream: string;
  readonly message_id: string;
}

/** What a message waits for. */
export interface Wait {
  /** Not to be handled earlier than this. */
  readonly delayMs: number;
  /** Nor while this is taken for down; empty: only the time counts. */
  readonly dependency: string;
}

export const NO_WAIT: Wait = { delayMs: 0, dependency: '' };

export interface Storing {
  consumer: string;
  messages: readonly ReceivedMessage[];
  /** `appended`: their inbox rows are there. `moved`: they are written now, and decide. */
  how: 'appended' | 'moved';
  /** Of a queue group: how long each waits, at its place. */
  alone?: { readonly waits: readonly Wait[]; readonly partitionOf: (key: string) => number };
}

/** Writes messages to the database as waiting. @returns those that were not there before */
export async function storeMessages(tx: SqlExecutor, storing: Storing): Promise<StoredMessage[]> {
  const { consumer, messages, how, alone } = storing;
  if (messages.length === 0) return [];
  const column = <T>(of: (held: ReceivedMessage) => T): T[] => messages.map(of);
  const waits = messages.map((_, index) => alone?.waits[index] ?? NO_WAIT);
  return await tx.query<StoredMessage>(STORE, [
    consumer,
    column((held) => held.key),
    column((held) => held.messageId),
    column((held) => held.stream),
    column((held) => held.sequence),
    column((held) => held.subject),
    column((held) => JSON.stringify(originalHeaders(held))),
    column((held) => Buffer.from(held.delivery.data)),
    column((held) => held.delivery.time.toISOString()),
    how === 'moved',
    alone === undefined,
    column((held) => alone?.partitionOf(held.key) ?? held.partition),
    waits.map((wait) => wait.delayMs),
    waits.map((wait) => wait.dependency),
  ]);
}
