import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, prepared, type SqlExecutor } from '@orderflow/database';
import { Gather } from './gather.ts';

/**
 * `claimed`: this delivery alone may send until the claim ends. `accepted`: the mail server has the mail already.
 * `busy`: another delivery holds the claim. `unknown`: there is no such notification.
 */
export type ClaimResult =
  | { kind: 'claimed'; claim: string }
  | { kind: 'accepted'; smtpMessageId: string }
  | { kind: 'busy' }
  | { kind: 'unknown' };

/** Sorted, so that two groups cannot wait for each other. Served by the primary key, as are the others. */
const CLAIM = `
  WITH asked AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::float8[]) AS asked (notification_id, claim, for_ms)
  ), free AS (
    SELECT notification_id FROM notification
    WHERE notification_id = ANY ($1::uuid[])
      AND (state = 'requested' OR (state = 'sending' AND claimed_until < clock_timestamp()))
    ORDER BY notification_id
    FOR UPDATE
  )
  UPDATE notification
  SET state = 'sending', claim = asked.claim,
    claimed_until = clock_timestamp() + asked.for_ms * interval '1 millisecond'
  FROM asked JOIN free USING (notification_id)
  WHERE notification.notification_id = asked.notification_id
  RETURNING notification.claim`;

const ACCEPTED = `
  WITH answer AS (
    SELECT * FROM unnest($1::uuid[], $2::text[]) AS answer (notification_id, smtp_message_id)
  ), open AS (
    SELECT notification_id FROM notification
    WHERE notification_id = ANY ($1::uuid[]) AND state IN ('requested', 'sending')
    ORDER BY notification_id
    FOR UPDATE
  )
  UPDATE notification SET state = 'accepted', smtp_message_id = answer.smtp_message_id
  FROM answer JOIN open USING (notification_id)
  WHERE notification.notification_id = answer.notification_id`;

const RELEASE = prepared(`
  UPDATE notification SET state = 'requested', claim = NULL, claimed_until = NULL
  WHERE notification_id = $1 AND claim = $2 AND state = 'sending'`);

const SENT = `
  WITH accepted AS (
    SELECT notification_id FROM notification
    WHERE notification_id = ANY ($1::uuid[]) AND state = 'accepted'
    ORDER BY notification_id
    FOR UPDATE
  )
  UPDATE notification SET state = 'sent', sent_at = clock_timestamp()
  FROM accepted
  WHERE notification.notification_id = accepted.notification_id
  RETURNING notification.notification_id AS "notificationId"`;

/** What a claim waits so that others can share its statement: they come at the same time. */
const CLAIM_LINGER_MS = 1;
/**
 * What the mail server's yes waits for the same. They come one after the other, and those that are recorded together
 * take the further steps together.
 */
const ACCEPTED_LINGER_MS = 20;
const MAX_GROUP = 64;

interface Asked {
  readonly notificationId: string;
  readonly claim: string;
  readonly forMs: number;
}

interface Accepted {
  readonly notificationId: string;
  readonly smtpMessageId: string;
}

/**
 * Who sends a notification, and how far it came. Each step outside `markSent` commits before it resolves: they record
 * what happens in the world, which no rollback takes back. Steps that are taken at the same time share a statement, which commits by itself. All
 * time is the database's.
 */
@Injectable()
export class MailClaimStore {
  readonly #database: Database;
  readonly #claims: Gather<Asked, boolean>;
  readonly #accepted: Gather<Accepted, true>;

  constructor(database: Database) {
    this.#database = database;
    this.#claims = new Gather({
      lingerMs: CLAIM_LINGER_MS,
      maxItems: MAX_GROUP,
      work: (asked) => claimAll(database, asked),
    });
    this.#accepted = new Gather({
      lingerMs: ACCEPTED_LINGER_MS,
      maxItems: MAX_GROUP,
      work: (accepted) => acceptAll(database, accepted),
    });
  }

  async claim(notificationId: string, forMs: number): Promise<ClaimResult> {
    const claim = randomUUID();
    const claimed = await this.#claims.submit({ notificationId, claim, forMs });
    return claimed ? { kind: 'claimed', claim } : await this.#whyNot(notificationId);
  }

  /** After a failure, so that the next attempt need not wait for the claim to end. */
  async release(notificationId: string, claim: string): Promise<void> {
    await this.#database.query(RELEASE, [notificationId, claim]);
  }

  /** The mail server said yes. Whoever held the claim: the mail is on its way. */
  async markAccepted(notificationId: string, smtpMessageId: string): Promise<void> {
    await this.#accepted.submit({ notificationId, smtpMessageId });
  }

  /**
   * For each: false when it had been marked before, also by one that comes before it here, so that email.sent is published
   * once however often it was requested.
   */
  async markSent(tx: SqlExecutor, notificationIds: readonly string[]): Promise<boolean[]> {
    const rows = await tx.query<{ notificationId: string }>(SENT, [notificationIds]);
    const marked = new Set(rows.map(({ notificationId }) => notificationId));
    return notificationIds.map((id) => marked.delete(id.toLowerCase()));
  }

  async #whyNot(notificationId: string): Promise<ClaimResult> {
    const [row] = await this.#database.query<{ smtpMessageId: string | null }>(
      'SELECT smtp_message_id AS "smtpMessageId" FROM notification WHERE notification_id = $1',
      [notificationId],
    );
    if (row === undefined) return { kind: 'unknown' };
    return row.smtpMessageId === null
      ? { kind: 'busy' }
      : { kind: 'accepted', smtpMessageId: row.smtpMessageId };
  }
}

/** Of several that ask for one notification, the row takes the claim of one; only that one finds its own. */
async function claimAll(db: SqlExecutor, asked: readonly Asked[]): Promise<boolean[]> {
  const rows = await db.query<{ claim: string }>(CLAIM, [
    asked.map(({ notificationId }) => notificationId),
    asked.map(({ claim }) => claim),
    asked.map(({ forMs }) => forMs),
  ]);
  const given = new Set(rows.map(({ claim }) => claim));
  return asked.map(({ claim }) => given.has(claim));
}

async function acceptAll(db: SqlExecutor, accepted: readonly Accepted[]): Promise<true[]> {
  await db.query(ACCEPTED, [
    accepted.map(({ notificationId }) => notificationId),
    accepted.map(({ smtpMessageId }) => smtpMessageId),
  ]);
  return accepted.map(() => true);
}
