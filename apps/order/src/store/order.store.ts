import { Injectable } from '@nestjs/common';
import { prepared, type SqlExecutor } from '@orderflow/database';
import type { OrderDetails, OrderState } from '../domain/order.ts';
import { NOT_STORED, type OrderRow, storedOrder, type StoredOrder } from './order.row.ts';

const COLUMNS = `id, user_id, email, status, lines, total, currency, payment_token, payment_id, tracking_number,
  cancel_reason, payment_due_message_id, created_at`;

const INSERT = prepared(`
  INSERT INTO orders (id, user_id, email, status, lines, total, currency, payment_token, created_at, payment_due_message_id)
  SELECT id, user_id, email, 'created', lines, total, currency, payment_token, created_at, due_message_id
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[],
      $9::text[])
    AS row (id, user_id, email, lines, total, currency, payment_token, created_at, due_message_id)`);

/** Served by the primary key, as are LOCK and UPDATE. */
const FIND = prepared(`SELECT ${COLUMNS} FROM orders WHERE id = $1`);

/**
 * Sorted, so that two batches cannot wait for each other. A UUID may be written in more than one way, so the answer names
 * it as it was asked for. LATERAL keeps the planner to one look for each id:
 * the plan of a prepared statement is made while the table is empty, and must still be right when it has grown.
 */
export const LOCK = prepared(`
  SELECT wanted.asked, locked.*
  FROM (SELECT asked, asked::uuid AS order_id FROM unnest($1::text[]) AS asked ORDER BY order_id) AS wanted
  CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM orders WHERE id = wanted.order_id FOR UPDATE) AS locked`);

const UPDATE = `
  UPDATE orders
  SET status = row.status, payment_id = row.payment_id, tracking_number = row.tracking_number,
    cancel_reason = row.cancel_reason, payment_due_message_id = row.payment_due_message_id
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS row (id, status, payment_id, tracking_number, cancel_reason, payment_due_message_id)
  WHERE orders.id = row.id`;

/** Served by orders_by_user: one range of the index, whatever the page. */
const PAGE = `
  SELECT ${COLUMNS} FROM orders
  WHERE user_id = $1 AND (created_at, id) < ($2::timestamptz, $3::uuid)
  ORDER BY created_at DESC, id DESC
  LIMIT $4`;

/** Where a page begins: just after the order with this time and id. */
export interface PageStart {
  readonly createdAt: string;
  readonly orderId: string;
}

/** Before the newest order. */
export const FIRST_PAGE: PageStart = {
  createdAt: 'infinity',
  orderId: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

/** An order as it is placed. */
export interface NewOrder {
  readonly details: OrderDetails;
  readonly dueMessageId: string | undefined;
}

/** What is to be written over a stored order. */
export interface ChangedOrder {
  readonly orderId: string;
  readonly order: StoredOrder;
}

@Injectable()
export class OrderStore {
  async insert(tx: SqlExecutor, placed: readonly NewOrder[]): Promise<void> {
    const orders = placed.map(({ details }) => details);
    await tx.query(INSERT, [
      orders.map(({ orderId }) => orderId),
      orders.map(({ userId }) => userId),
      orders.map(({ email }) => email),
      orders.map(({ lines }) => JSON.stringify(lines)),
      orders.map(({ total }) => total.amount),
      orders.map(({ total }) => total.currency),
      orders.map(({ paymentToken }) => paymentToken),
      orders.map(({ createdAt }) => createdAt),
      placed.map(({ dueMessageId }) => dueMessageId ?? null),
    ]);
  }

  /** With state `none` when there is no such order. */
  async find(db: SqlExecutor, orderId: string): Promise<StoredOrder> {
    const [row] = await db.query<OrderRow>(FIND, [orderId]);
    return row === undefined ? NOT_STORED : storedOrder(row);
  }

  /** By order id, those that are stored; nobody else decides about them until the transaction ends. */
  async lock(tx: SqlExecutor, orderIds: readonly string[]): Promise<ReadonlyMap<string, StoredOrder>> {
    const rows = await tx.query<OrderRow & { asked: string }>(LOCK, [orderIds]);
    return new Map(rows.map((row) => [row.asked, storedOrder(row)]));
  }

  /** Writes what can change of orders. */
  async update(tx: SqlExecutor, orders: readonly ChangedOrder[]): Promise<void> {
    const outcomes = orders.map(({ order }) => outcomeOf(order.state));
    await tx.query(UPDATE, [
      orders.map(({ orderId }) => orderId),
      orders.map(({ order }) => order.state.status),
      outcomes.map(([paymentId]) => paymentId),
      outcomes.map(([, trackingNumber]) => trackingNumber),
      outcomes.map(([, , cancelReason]) => cancelReason),
      orders.map(({ order }) => order.dueMessageId ?? null),
    ]);
  }

  /** Newest first. */
  async page(db: SqlExecutor, userId: string, start: PageStart, limit: number): Promise<StoredOrder[]> {
    const rows = await db.query<OrderRow>(PAGE, [userId, start.createdAt, start.orderId, limit]);
    return rows.map(storedOrder);
  }
}

/** payment_id, tracking_number, cancel_reason */
function outcomeOf(state: OrderState): [string | null, string | null, string | null] {
  switch (state.status) {
    case 'none':
    case 'created':
    case 'reserved':
      return [null, null, null];
    case 'paid':
      return [state.paymentId, null, null];
    case 'shipped':
      return [state.paymentId, state.trackingNumber, null];
    case 'cancelled':
      return [null, null, state.reason];
  }
}
