import { prepared, type SqlExecutor, Transaction } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';
import type { OutboxRow } from './outbox-row.ts';

const NO_ACTIVE_TRANSACTION = '25P01';

/**
 * The lock of a key, as SQL: one of 4,096, so that a transaction that publishes for any number of keys cannot exhaust the lock
 * table of the server, which holds 6,400 by default. Keys that share a lock take turns needlessly: of two transactions that
 * publish for 30 keys each, one waits for the other in a fifth of the cases.
 */
export function lockOf(key: string): string {
  return `(7205759403792793600 + (hashtextextended('orderflow.outbox:' || ${key}, 0) & 4095))`;
}

/**
 * Row numbers are drawn at insert and seen at commit. The lock makes the transactions of one key take turns from here
 * to their commit, so that a key's row numbers follow the order of its commits. Sorted, so that two transactions with
 * several keys cannot wait for each other. One statement, to save a round trip in each transaction that adds; the
 * condition makes the insert draw no number before the last lock is held, nor before the transaction has its id: the
 * relay's scan floor passes a number when all transactions that are old enough to have drawn it have ended.
 *
 * A message id that waits already is not added again: it is the same event, of a message that is handled again.
 */
const INSERT = prepared(`
  WITH locked AS MATERIALIZED (
    SELECT pg_advisory_xact_lock(lock)
    FROM (SELECT DISTINCT ${lockOf('key')} AS lock FROM unnest($4::text[]) AS key ORDER BY lock) AS sorted
  )
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, available_at)
  SELECT message_id, stream, subject, key, headers, payload, clock_timestamp() + make_interval(secs => delay_ms / 1000)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[], $7::float8[])
    WITH ORDINALITY AS row (message_id, stream, subject, key, headers, payload, delay_ms, position)
  WHERE (SELECT count(*) FROM locked) > 0 AND pg_current_xact_id() IS NOT NULL
  ORDER BY position
  ON CONFLICT (message_id) DO NOTHING`);

/**
 * Deletes delayed rows that have not come due; from then on one may already be with the broker. SKIP LOCKED: the relay
 * is just releasing it, and a transaction that waited for the relay could be waited for by it.
 */
const CANCEL = `
  DELETE FROM messaging.outbox
  WHERE message_id IN (
    SELECT message_id FROM messaging.outbox
    WHERE message_id = ANY ($1::text[]) AND available_at IS NOT NULL
    FOR UPDATE SKIP LOCKED
  ) RETURNING message_id`;

/** Writes the rows in their order, in the given transaction. */
export async function insertOutboxRows(tx: SqlExecutor, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.query(INSERT, [
    rows.map((row) => row.messageId),
    rows.map((row) => row.stream),
    rows.map((row) => row.subject),
    rows.map((row) => row.key),
    rows.map((row) => JSON.stringify(storableHeaders(row.headers))),
    rows.map((row) => row.payload),
    rows.map((row) => row.delayMs ?? null),
  ]);
}

const CONTROL = /\p{Cc}/u;

/** Copies of dead letters carry what foreign publishers wrote; jsonb and the broker take no control characters. */
function storableHeaders(headers: OutboxRow['headers']): OutboxRow['headers'] {
  if (!Object.values(headers).some((value) => CONTROL.test(value))) return headers;
  const clean: OutboxRow['headers'] = {};
  for (const [name, value] of Object.entries(headers)) clean[name] = value.replaceAll(/\p{Cc}/gu, '\uFFFD');
  return clean;
}

/** Returns how many were taken back. */
export async function cancelOutboxRows(tx: SqlExecutor, messageIds: readonly string[]): Promise<number> {
  return messageIds.length === 0 ? 0 : (await tx.query(CANCEL, [messageIds])).length;
}

/**
 * Outside a transaction the key's lock would be released before the row is inserted, and the row would not share the
 * fate of the business rows. PostgreSQL itself says whether a foreign handle is in one.
 *
 * @throws MessagingError `NOT_A_TRANSACTION`
 */
export async function assertInTransaction(tx: SqlExecutor): Promise<void> {
  if (tx instanceof Transaction) return;
  try {
    await tx.query('SAVEPOINT orderflow_outbox');
    await tx.query('RELEASE SAVEPOINT orderflow_outbox');
  } catch (cause) {
    // Whichever driver it is, SQLSTATE is the same.
    const state = Error.isError(cause) && 'code' in cause ? cause.code : undefined;
    if (state !== NO_ACTIVE_TRANSACTION) throw cause;
    throw new MessagingError(
      'NOT_A_TRANSACTION',
      'The outbox was given a connection that is in no transaction.',
      {
        remedy: 'Pass the transaction that writes the business rows.',
        cause,
      },
    );
  }
}
