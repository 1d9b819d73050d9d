import type { SqlExecutor } from '@orderflow/database';

/** What waits in the database for a handler, as the library writes it. */
export interface DeferredRows {
  readonly keyPrefix: string;
  readonly partitions: number;
  readonly keysEach: number;
  readonly messagesOfKey: number;
  readonly state: 'dead' | 'waiting';
  /** From now, in SQL. */
  readonly due: string;
  readonly stream?: string;
  /** `ordered`, or a queue group, whose messages block no key. */
  readonly consumer?: string;
}

const MESSAGES = `
  SELECT partition, k, m, $1 || '-' || partition || '-' || k AS key, uuidv7()::text AS id
  FROM generate_series(0, $2::int - 1) AS partition, generate_series(1, $3::int) AS k, generate_series(1, $4::int) AS m`;

const HEADERS = `
  jsonb_build_object('ce-specversion', '1.0', 'ce-id', id, 'ce-source', '/services/bench', 'ce-type', 'pressure.pressed.v1',
    'ce-subject', key, 'ce-time', '2026-01-01T00:00:00.000Z', 'content-type', 'application/json')`;

const HISTORY = `'[{"at": "2026-01-01T00:00:00.000Z", "error": "it cannot be handled"}]'`;

const PARKED = `
  WITH message AS (${MESSAGES}), known AS (
    INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
    SELECT $7, id, CASE WHEN $5 = 'dead' AND m = 1 THEN 'dead' ELSE 'parked' END, $6, 0 FROM message
  )
  INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
    state, blocks, reason, attempts, history, deaths, partition, next_at)
  SELECT $7, key, id, $6, 0, 'pressure.' || partition || '.' || key || '.pressed', ${HEADERS},
    convert_to(json_build_object('userId', key, 'n', m, 'text', '')::text, 'UTF8'), clock_timestamp(),
    CASE WHEN m = 1 THEN $5 ELSE 'waiting' END, $7 = 'ordered',
    CASE WHEN $5 = 'dead' AND m = 1 THEN 'it cannot be handled' END, 0,
    CASE WHEN $5 = 'dead' AND m = 1 THEN ${HISTORY}::jsonb ELSE '[]' END, CASE WHEN $5 = 'dead' AND m = 1 THEN 1 ELSE 0 END,
    CASE WHEN $7 <> 'ordered' THEN partition END,
    CASE WHEN $7 <> 'ordered' THEN clock_timestamp() + $8::interval END
  FROM message ORDER BY m, partition, k`;

/** Due in turn: what has been due for longest is handled first, whatever its partition. */
const KEYS = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state, next_at, messages)
  SELECT 'ordered', $1 || '-' || partition || '-' || k, partition,
    CASE $5 WHEN 'dead' THEN 'blocked' ELSE 'draining' END, clock_timestamp() + $6::interval, $4::int
  FROM (
    SELECT partition, k FROM generate_series(0, $2::int - 1) AS partition, generate_series(1, $3::int) AS k
    ORDER BY k, partition
  ) AS key`;

export async function fillDeferred(database: SqlExecutor, rows: DeferredRows): Promise<void> {
  const { keyPrefix, partitions, keysEach, messagesOfKey, state, due } = rows;
  const { stream = 'PRESSURE', consumer = 'ordered' } = rows;
  const size = [keyPrefix, partitions, keysEach, messagesOfKey];
  await database.query(PARKED, [...size, state, stream, consumer, due]);
  if (consumer === 'ordered') await database.query(KEYS, [...size, state, due]);
}
