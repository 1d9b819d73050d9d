import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import type { OrderEvent } from '../domain/order.ts';

const APPEND = prepared(`
  INSERT INTO order_fact (order_id, fact, detail)
  SELECT order_id, fact, detail
  FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) WITH ORDINALITY AS row (order_id, fact, detail, position)
  ORDER BY position`);

/** Served by the primary key (order_id, number). */
const TIMELINE = prepared(
  'SELECT fact, detail, occurred_at AS at FROM order_fact WHERE order_id = $1 ORDER BY number',
);

export interface TimelineEntry {
  readonly fact: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** What happened to one order, in order. */
export interface OrderEvents {
  readonly orderId: string;
  readonly events: readonly OrderEvent[];
}

/** What happened to each order, in order. */
@Injectable()
export class OrderFactStore {
  /** The caller holds the orders' rows, so that numbers follow commits. */
  async append(tx: SqlExecutor, orders: readonly OrderEvents[]): Promise<void> {
    const entries = orders.flatMap(({ orderId, events }) =>
      events.flatMap(entryOf).map((entry) => ({ orderId, ...entry })),
    );
    await tx.query(APPEND, [
      entries.map(({ orderId }) => orderId),
      entries.map(({ fact }) => fact),
      entries.map(({ detail }) => JSON.stringify(detail)),
    ]);
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
    case 'stock-due':
    case 'payment-due':
      return [];
  }
}
