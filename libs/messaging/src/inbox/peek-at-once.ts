import type { SqlExecutor } from '@orderflow/database';
import { columnsOf, nameOf } from './claim-at-once.ts';
import type { Claim, InboxMessage } from './claim.ts';

/**
 * The common case, in which nothing of these keys is blocked or waits for a retry: only the inbox decides. Served by its
 * primary key. Planned each time, because the inbox grows from nothing: a kept plan would be one for an empty table.
 */
const PEEK_AT_ONCE = `
  SELECT EXISTS (SELECT FROM messaging.blocked_key WHERE consumer = $1 AND key = ANY ($3::text[]))
      OR EXISTS (SELECT FROM messaging.attempt WHERE consumer = $1 AND key = ANY ($3::text[])
        AND (next_at > statement_timestamp() OR message_id = ANY ($2::text[]))) AS doubtful,
    ARRAY(
      SELECT stream || ' ' || message_id FROM messaging.inbox
      WHERE consumer = $1 AND (stream, message_id) IN (SELECT * FROM unnest($4::text[], $2::text[]))
    ) AS seen`;

/** Undefined when there is more to know of one of the keys. */
export async function peekAtOnce(
  tx: SqlExecutor,
  consumer: string,
  messages: readonly InboxMessage[],
): Promise<Claim[] | undefined> {
  const [row] = await tx.query<{ doubtful: boolean; seen: string[] }>(
    PEEK_AT_ONCE,
    columnsOf(consumer, messages).slice(0, 4),
  );
  if (row === undefined || row.doubtful) return undefined;
  const seen = new Set(row.seen);
  return messages.map((message) =>
    seen.has(nameOf(message)) ? { state: 'seen' } : { state: 'new', attempts: 0, history: [] },
  );
}
