import { prepared, type SqlExecutor } from '@orderflow/database';
import type { Claim, InboxMessage } from './claim.ts';

/**
 * The common case, in which nothing of these keys is blocked or waits for a retry: only the insert decides, and it tells
 * what it has recorded only if that is not all. It joins with no table that grows, so that a plan made once stays a good
 * one. If there is anything else to know it records nothing and says so. The attempts of a message that never came again
 * are nothing to know once their time is over.
 */
const CLAIM_AT_ONCE = prepared(`
  WITH doubt AS (
    SELECT EXISTS (SELECT FROM messaging.blocked_key WHERE consumer = $1 AND key = ANY ($3::text[]))
      OR EXISTS (SELECT FROM messaging.attempt WHERE consumer = $1 AND key = ANY ($3::text[])
        AND (next_at > statement_timestamp() OR message_id = ANY ($2::text[]))) AS found
  ), recorded AS (
    INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
    SELECT $1, message_id, 'handled', stream, stream_seq
    FROM doubt, unnest($2::text[], $4::text[], $5::bigint[])
      WITH ORDINALITY AS message (message_id, stream, stream_seq, position)
    WHERE NOT found
    ORDER BY position
    ON CONFLICT DO NOTHING
    RETURNING stream, message_id
  )
  SELECT found AS doubtful,
    CASE WHEN count(message_id) < cardinality($2::text[]) THEN array_agg(stream || ' ' || message_id) END AS these
  FROM doubt LEFT JOIN recorded ON true
  GROUP BY found`);

interface AtOnceRow {
  doubtful: boolean;
  /** Null when all of them were recorded. */
  these: (string | null)[] | null;
}

/** Undefined when there is more to know of one of the keys; nothing is recorded then. */
export async function claimAtOnce(
  tx: SqlExecutor,
  consumer: string,
  messages: readonly InboxMessage[],
): Promise<Claim[] | undefined> {
  const [row] = await tx.query<AtOnceRow>(CLAIM_AT_ONCE, columnsOf(consumer, messages));
  if (row === undefined || row.doubtful) return undefined;
  if (row.these === null) return messages.map(() => newClaim());
  const recorded = new Set(row.these);
  const claims = messages.map((message) => (recorded.has(nameOf(message)) ? newClaim() : SEEN));
  return onceEach(messages, claims);
}

const SEEN: Claim = { state: 'seen' };

function newClaim(): Claim {
  return { state: 'new', attempts: 0, history: [] };
}

/** The first parameters of the statements that claim. */
export function columnsOf(consumer: string, messages: readonly InboxMessage[]): unknown[] {
  return [
    consumer,
    messages.map((message) => message.messageId),
    messages.map((message) => message.key),
    messages.map((message) => message.stream),
    messages.map((message) => message.sequence),
  ];
}

/** The same id twice in one batch: the statement answers for both, but only one row was written. */
export function onceEach(messages: readonly InboxMessage[], claims: readonly Claim[]): Claim[] {
  const taken = new Set<string>();
  return claims.map((claim, index) => {
    const message = messages[index];
    const id = message === undefined ? '' : nameOf(message);
    if (taken.has(id) && claim.state !== 'waiting') return SEEN;
    taken.add(id);
    return claim;
  });
}

/** Unambiguous: the name of a stream has no space. */
export function nameOf({ stream, messageId }: InboxMessage): string {
  return `${stream} ${messageId}`;
}
