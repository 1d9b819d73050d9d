import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import type { Correspondence, NotificationEvent, NotifiedFactType } from '../domain/notification.ts';

/**
 * Served by the primary key of recipient and the index notification_one_for_each_fact. A UUID may be written in more
 * than one way, so the answer names it as it was asked for. LATERAL with OFFSET keeps the planner to one look for each
 * id: the plan of a prepared statement is made while the tables are empty, and must still be right when they have grown.
 */
export const LOAD = prepared(`
  SELECT asked, known.email, known.told FROM unnest($1::text[]) AS asked
  CROSS JOIN LATERAL (
    SELECT email, ARRAY(SELECT fact FROM notification WHERE notification.order_id = recipient.order_id) AS told
    FROM recipient WHERE recipient.order_id = asked::uuid OFFSET 0
  ) AS known`);

const SAVE = prepared(`
  WITH requested AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
      WITH ORDINALITY AS row (notification_id, order_id, user_id, email, fact, subject, number)
  ), told_first AS (
    INSERT INTO recipient (order_id, user_id, email)
    SELECT order_id, user_id, email FROM requested ORDER BY number
    ON CONFLICT (order_id) DO NOTHING
  )
  INSERT INTO notification (notification_id, order_id, user_id, fact, subject)
  SELECT notification_id, order_id, user_id, fact, subject FROM requested ORDER BY number`);

interface CorrespondenceRow {
  asked: string;
  email: string;
  told: NotifiedFactType[];
}

/** What users were told about their orders. */
@Injectable()
export class CorrespondenceStore {
  /** By order id; an order that nobody was told about is missing. */
  async load(tx: SqlExecutor, orderIds: readonly string[]): Promise<ReadonlyMap<string, Correspondence>> {
    const rows = await tx.query<CorrespondenceRow>(LOAD, [orderIds]);
    return new Map(rows.map(({ asked, email, told }) => [asked, { status: 'open', email, told }]));
  }

  /** Rejects with a unique violation when a fact has its notification already: one fact is one e-mail. */
  async save(tx: SqlExecutor, events: readonly NotificationEvent[]): Promise<void> {
    if (events.length === 0) return;
    await tx.query(SAVE, [
      events.map(({ data }) => data.notificationId),
      events.map(({ data }) => data.orderId),
      events.map(({ data }) => data.userId),
      events.map(({ data }) => data.to),
      events.map(({ fact }) => fact),
      events.map(({ data }) => data.subject),
    ]);
  }
}
