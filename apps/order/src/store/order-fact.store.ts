import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import type { OrderEvent } from '../domain/order.ts';

const APPEND = `
  INSERT INTO order_fact (order_id, fact, detail)
  SELECT $1, fact, detail
  FROM unnest($2::text[], $3::jsonb[]) WITH ORDINALITY AS row (fact, detail, position)
  ORDER BY position`;

/** Served by the primary key (order_id, number). */
const TIMELINE = 'SELECT fact, detail, occurred_at AS at FROM order_fact WHERE order_id = $1 ORDER BY number';

export interface TimelineEntry {
  readonly fact: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** What happened to each order, in order. */
@Injectable()
export class OrderFactStore {
  /** The caller holds the order's row, so that numbers follow commits. */
  async append(tx: SqlExecutor, orderId: string, events: readonly OrderEvent[]): Promise<void> {
    const entries = events.flatMap(entryOf);
    const facts = entries.map(({ fact }) => fact);
    const details = entries.map(({ detail }) => JSON.stringify(detail));
    await tx.query(APPEND, [orderId, facts, details]);
  }

  async timeline(db: SqlExecutor, orderId: string): Promise<TimelineEntry[]> {
    return await db.query<TimelineEntry>(TIMELINE, [orderId]);
  }
}

/** What a user is shown of an event: no token, no address. */
function entryOf(event: OrderEvent): { fact: string; detail: object }[] {
  switch (event.type) {
    case 'created':
      return [{ fact: event.type, detail: { total: event.data.total } }];
    case 'reserved':
      return [{ fact: event.type, detail: {} }];
    case 'paid':
      return [{ fact: event.type, detail: { paymentId: event.data.paymentId } }];
    case 'shipped':
      return [{ fact: event.type, detail: { trackingNumber: event.data.trackingNumber } }];
    case 'cancelled':
      return [{ fact: event.type, detail: { reason: event.data.reason } }];
    // A reminder to oneself. Nothing has happened yet, and mostly nothing will.
    case 'payment-due':
      return [];
  }
}
