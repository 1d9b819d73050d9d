import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, type SqlExecutor } from '@orderflow/database';

/**
 * `claimed`: this delivery alone may send until the claim ends. `accepted`: the mail server has the mail already.
 * `busy`: another delivery holds the claim. `unknown`: there is no such notification.
 */
export type ClaimResult =
  | { kind: 'claimed'; claim: string }
  | { kind: 'accepted'; smtpMessageId: string }
  | { kind: 'busy' }
  | { kind: 'unknown' };

/**
 * Who sends a notification, and how far it came. Each step outside `markSent` commits by itself: they record what
 * happens in the world, which no rollback takes back. All statements are served by the primary key; all time is the
 * database's.
 */
@Injectable()
export class MailClaimStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(notificationId: string, forMs: number): Promise<ClaimResult> {
    const claim = randomUUID();
    const claimed = await this.#database.query(
      `UPDATE notification
          SET state = 'sending', claim = $2, claimed_until = clock_timestamp() + $3 * interval '1 millisecond'
        WHERE notification_id = $1
          AND (state = 'requested' OR (state = 'sending' AND claimed_until < clock_timestamp()))
        RETURNING notification_id`,
      [notificationId, claim, forMs],
    );
    return claimed.length === 1 ? { kind: 'claimed', claim } : await this.#whyNot(notificationId);
  }

  /** After a failure, so that the next attempt need not wait for the claim to end. */
  async release(notificationId: string, claim: string): Promise<void> {
    await this.#database.query(
      `UPDATE notification SET state = 'requested', claim = NULL, claimed_until = NULL
        WHERE notification_id = $1 AND claim = $2 AND state = 'sending'`,
      [notificationId, claim],
    );
  }

  /** The mail server said yes. Whoever held the claim: the mail is on its way. */
  async markAccepted(notificationId: string, smtpMessageId: string): Promise<void> {
    await this.#database.query(
      `UPDATE notification SET state = 'accepted', smtp_message_id = $2
        WHERE notification_id = $1 AND state IN ('requested', 'sending')`,
      [notificationId, smtpMessageId],
    );
  }

  /** False when it had been marked before, so that email.sent is published once however often it was requested. */
  async markSent(tx: SqlExecutor, notificationId: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE notification SET state = 'sent', sent_at = clock_timestamp()
        WHERE notification_id = $1 AND state = 'accepted'
        RETURNING notification_id`,
      [notificationId],
    );
    return rows.length === 1;
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
