import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import {
  type Correspondence,
  NO_CORRESPONDENCE,
  type NotificationEvent,
  type NotifiedFactType,
} from '../domain/notification.ts';

/** What a user was told about an order. */
@Injectable()
export class CorrespondenceStore {
  /** Served by the primary key of recipient and the index notification_one_for_each_fact. */
  async load(tx: SqlExecutor, orderId: string): Promise<Correspondence> {
    const [row] = await tx.query<{ email: string; told: NotifiedFactType[] }>(
      `SELECT email, ARRAY(SELECT fact FROM notification WHERE notification.order_id = recipient.order_id) AS told
         FROM recipient WHERE order_id = $1`,
      [orderId],
    );
    return row === undefined ? NO_CORRESPONDENCE : { status: 'open', ...row };
  }

  /** Rejects with a unique violation when the fact has its notification already: one fact is one e-mail. */
  async save(tx: SqlExecutor, { fact, data }: NotificationEvent): Promise<void> {
    await tx.query(
      `INSERT INTO recipient (order_id, user_id, email) VALUES ($1, $2, $3)
       ON CONFLICT (order_id) DO NOTHING`,
      [data.orderId, data.userId, data.to],
    );
    await tx.query(
      `INSERT INTO notification (notification_id, order_id, user_id, fact, subject) VALUES ($1, $2, $3, $4, $5)`,
      [data.notificationId, data.orderId, data.userId, fact, data.subject],
    );
  }
}
