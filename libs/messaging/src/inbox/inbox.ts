import type { SqlExecutor } from '@orderflow/database';
import { STREAM_MAX_AGE_MS } from '../topology/stream-config.ts';
import type { AttemptRecord, Claim, ClaimStore, InboxMessage } from './claim.ts';
import { claimAtOnce, columnsOf, onceEach } from './claim-at-once.ts';
import { peekAtOnce } from './peek-at-once.ts';

/** Longer than a stream keeps its messages, so that whatever is delivered again is recognised. */
export const INBOX_RETENTION_MS = STREAM_MAX_AGE_MS + 86_400_000;

/** The inbox name of everything that is handled in order. */
export const ORDERED = 'ordered';

interface ClaimRow {
  recorded: string | null;
  in_inbox: boolean;
  waiting_ms: number | null;
  attempts: number | null;
  history: AttemptRecord[] | null;
}

/**
 * One statement for a whole batch. The insert waits for another transaction that has the same id: if that one commits
 * the id is seen, if it rolls back the id is ours.
 *
 * One moment for all rows: with a clock that goes on while it runs, a message could be ready whose predecessor was just not.
 *
 * FOR UPDATE: a key must not be unblocked between our look and our parked row, which nobody would find then; in the order in which
 * whoever changes several keys locks them.
 *
 * $7 true: a message waits for every earlier one of its key; false, only for its own retry. $6 false only looks: it records nothing but the messages of blocked keys.
 */
const CLAIM = `
  WITH message AS (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
      WITH ORDINALITY AS message (message_id, key, stream, stream_seq, position)
  ), blocked AS (
    SELECT key FROM messaging.blocked_key WHERE consumer = $1 AND key = ANY ($3::text[])
    ORDER BY key FOR UPDATE
  ), waiting AS (
    SELECT position, (extract(epoch FROM max(next_at) - statement_timestamp()) * 1000)::float8 AS waiting_ms
    FROM message
    JOIN messaging.attempt ON attempt.consumer = $1 AND attempt.key = message.key
    WHERE next_at > statement_timestamp()
      AND ($7 OR (attempt.stream = message.stream AND attempt.message_id = message.message_id))
    GROUP BY position
  ), recorded AS (
    INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
    SELECT $1, message_id, CASE WHEN key IN (TABLE blocked) THEN 'parked' ELSE 'handled' END, stream, stream_seq
    FROM message
    WHERE position NOT IN (SELECT position FROM waiting) AND ($6 OR key IN (TABLE blocked))
    ORDER BY position
    ON CONFLICT DO NOTHING
    RETURNING stream, message_id, state
  )
  SELECT recorded.state AS recorded, inbox.message_id IS NOT NULL AS in_inbox, waiting.waiting_ms,
    attempt.attempts, attempt.history
  FROM message
  LEFT JOIN recorded USING (stream, message_id)
  LEFT JOIN messaging.inbox
    ON inbox.consumer = $1 AND inbox.stream = message.stream AND inbox.message_id = message.message_id
  LEFT JOIN waiting USING (position)
  LEFT JOIN messaging.attempt
    ON attempt.consumer = $1 AND attempt.stream = message.stream AND attempt.message_id = message.message_id
  ORDER BY message.position`;

const FORGET_ATTEMPTS = `
  DELETE FROM messaging.attempt
  WHERE consumer = $1 AND (stream, message_id) IN (SELECT * FROM unnest($2::text[], $3::text[]))`;

/** Nothing of a message that is in the inbox: it was moved to the database while it was being tried. */
const RECORD_ATTEMPT = `
  INSERT INTO messaging.attempt (consumer, stream, message_id, key, attempts, next_at, history)
  SELECT $1, $2, $3, $4, $5::int, clock_timestamp() + make_interval(secs => $6), $7::jsonb
  WHERE NOT EXISTS (SELECT FROM messaging.inbox WHERE consumer = $1 AND stream = $2 AND message_id = $3)
  ON CONFLICT (consumer, stream, message_id) DO UPDATE
  SET attempts = excluded.attempts, next_at = excluded.next_at, history = excluded.history`;

/** Rows removed by one statement. */
export const PRUNE_BATCH = 5_000;

/** Served by inbox_received, which the time of the statement can use and clock_timestamp() cannot. */
export const PRUNE = `
  DELETE FROM messaging.inbox
  WHERE (consumer, stream, message_id) IN (
    SELECT consumer, stream, message_id FROM messaging.inbox
    WHERE received_at < statement_timestamp() - make_interval(secs => $1) AND state IN ('handled', 'discarded')
    ORDER BY received_at LIMIT ${String(PRUNE_BATCH)}
  ) RETURNING message_id`;

/** The table is small: what waits for long waits in messaging.parked. */
const PRUNE_ATTEMPTS = `
  DELETE FROM messaging.attempt WHERE next_at < statement_timestamp() - make_interval(secs => $1)
  RETURNING message_id`;

/** The idempotent consumer: remembers, in the transaction of the effects, which messages have taken effect. */
export class Inbox implements ClaimStore {
  readonly #consumer: string;
  readonly #options: { inOrder: boolean };

  /**
   * @param consumer `ordered`, or the name of a queue group: each handles a message once
   * @param options inOrder: whether a key's messages wait for one that failed
   */
  constructor(consumer: string, options: { inOrder: boolean }) {
    this.#consumer = consumer;
    this.#options = options;
  }

  async claim(tx: SqlExecutor, messages: readonly InboxMessage[]): Promise<Claim[]> {
    const claims = await claimAtOnce(tx, this.#consumer, messages);
    return claims ?? onceEach(messages, await this.#claim(tx, messages, true));
  }

  async peek(tx: SqlExecutor, message: InboxMessage): Promise<Claim> {
    const [claim] = await this.peekAll(tx, [message]);
    return claim ?? { state: 'seen' };
  }

  /** Nothing is recorded, so a copy must not count as seen: its first one may still fail. */
  async peekAll(tx: SqlExecutor, messages: readonly InboxMessage[]): Promise<Claim[]> {
    return (await peekAtOnce(tx, this.#consumer, messages)) ?? (await this.#claim(tx, messages, false));
  }

  async recordAttempt(
    tx: SqlExecutor,
    message: InboxMessage,
    attempt: { attempts: number; delayMs: number; history: readonly AttemptRecord[] },
  ): Promise<void> {
    const { attempts, delayMs, history } = attempt;
    const values = [
      this.#consumer,
      message.stream,
      message.messageId,
      message.key,
      attempts,
      delayMs / 1000,
      JSON.stringify(history),
    ];
    await tx.query(RECORD_ATTEMPT, values);
  }

  async forgetAttempts(tx: SqlExecutor, messages: readonly InboxMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const streams = messages.map((message) => message.stream);
    await tx.query(FORGET_ATTEMPTS, [this.#consumer, streams, messages.map((message) => message.messageId)]);
  }

  async #claim(tx: SqlExecutor, messages: readonly InboxMessage[], record: boolean): Promise<Claim[]> {
    const rows = await tx.query<ClaimRow>(CLAIM, [
      ...columnsOf(this.#consumer, messages),
      record,
      this.#options.inOrder,
    ]);
    return rows.map((row) => toClaim(row, record));
  }
}

/** Removes rows that are older than anything a stream can still deliver. Returns how many, 5,000 at most. */
export async function pruneInbox(database: SqlExecutor, olderThanMs: number): Promise<number> {
  return (await database.query(PRUNE, [olderThanMs / 1000])).length;
}

/** Removes the attempts of messages that no stream can still deliver. Returns how many. */
export async function pruneAttempts(database: SqlExecutor, olderThanMs: number): Promise<number> {
  return (await database.query(PRUNE_ATTEMPTS, [olderThanMs / 1000])).length;
}

function toClaim(row: ClaimRow, record: boolean): Claim {
  if (row.recorded === 'parked') return { state: 'blocked' };
  const fresh = row.recorded === 'handled' || (!record && !row.in_inbox && row.waiting_ms === null);
  if (fresh) return { state: 'new', attempts: row.attempts ?? 0, history: row.history ?? [] };
  // A redelivery of a handled message may arrive while a later one of its key waits.
  if (row.waiting_ms !== null && !row.in_inbox) return { state: 'waiting', forMs: row.waiting_ms };
  return { state: 'seen' };
}
