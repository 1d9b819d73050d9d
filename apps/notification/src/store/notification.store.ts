import { Injectable } from '@nestjs/common';
import { Database } from '@orderflow/database';

export interface NotificationRow {
  notificationId: string;
  /** Grows with each notification: the page key. */
  position: number;
  orderId: string;
  userId: string;
  fact: string;
  subject: string;
  state: 'requested' | 'sending' | 'accepted' | 'sent';
  requestedAt: Date;
  sentAt: Date | null;
}

export interface PageKey {
  limit: number;
  /** Only rows older than this position. */
  before: number | undefined;
}

const COLUMNS = `notification_id AS "notificationId", position, order_id AS "orderId", user_id AS "userId", fact, subject,
  state, requested_at AS "requestedAt", sent_at AS "sentAt"`;

const PAGE_OF_USER = `
  SELECT ${COLUMNS} FROM notification
   WHERE user_id = $1 AND ($2::bigint IS NULL OR position < $2)
   ORDER BY position DESC LIMIT $3`;

const PAGE_OF_ORDER = `
  SELECT ${COLUMNS} FROM notification
   WHERE order_id = $1 AND ($2::text IS NULL OR user_id = $2) AND ($3::bigint IS NULL OR position < $3)
   ORDER BY position DESC LIMIT $4`;

/** What HTTP shows of the notifications. */
@Injectable()
export class NotificationStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Newest first, through the index notification_by_user. */
  async pageOfUser(userId: string, page: PageKey): Promise<NotificationRow[]> {
    return await this.#database.query<NotificationRow>(PAGE_OF_USER, [userId, page.before, page.limit]);
  }

  /** Newest first, through the index notification_one_for_each_fact: an order has a handful of rows. */
  async pageOfOrder(orderId: string, userId: string | undefined, page: PageKey): Promise<NotificationRow[]> {
    return await this.#database.query<NotificationRow>(PAGE_OF_ORDER, [
      orderId,
      userId,
      page.before,
      page.limit,
    ]);
  }
}
