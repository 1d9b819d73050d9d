import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import type { OrderDetails, OrderState } from '../domain/order.ts';
import { NOT_STORED, type OrderRow, storedOrder, type StoredOrder } from './order.row.ts';

const COLUMNS = `id, user_id, email, status, lines, total, currency, payment_token, payment_id, tracking_number,
  cancel_reason, payment_due_message_id, created_at`;

const INSERT = `
  INSERT INTO orders (id, user_id, email, status, lines, total, currency, payment_token, created_at)
  SELECT id, user_id, email, 'created', lines, total, currency, payment_token, created_at
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::bigint[], $6::text[], $7::text[], $8::timestamptz[])
    AS row (id, user_id, email, lines, total, currency, payment_token, created_at)`;

/** Served by the primary key, as are LOCK and UPDATE. */
const FIND = `SELECT ${COLUMNS} FROM orders WHERE id = $1`;

const LOCK = `${FIND} FOR UPDATE`;

const UPDATE = `
  UPDATE orders
  SET status = $2, payment_id = $3, tracking_number = $4, cancel_reason = $5,
    payment_due_message_id = $6
  WHERE id = $1`;

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

@Injectable()
export class OrderStore {
  async insert(tx: SqlExecutor, orders: readonly OrderDetails[]): Promise<void> {
    await tx.query(INSERT, [
      orders.map(({ orderId }) => orderId),
      orders.map(({ userId }) => userId),
      orders.map(({ email }) => email),
      orders.map(({ lines }) => JSON.stringify(lines)),
      orders.map(({ total }) => total.amount),
      orders.map(({ total }) => total.currency),
      orders.map(({ paymentToken }) => paymentToken),
      orders.map(({ createdAt }) => createdAt),
    ]);
  }

  /** With state `none` when there is no such order. */
  async find(db: SqlExecutor, orderId: string): Promise<StoredOrder> {
    const [row] = await db.query<OrderRow>(FIND, [orderId]);
    return row === undefined ? NOT_STORED : storedOrder(row);
  }

  /** As `find`, and nobody else decides about the order until the transaction ends. */
  async lock(tx: SqlExecutor, orderId: string): Promise<StoredOrder> {
    const [row] = await tx.query<OrderRow>(LOCK, [orderId]);
    return row === undefined ? NOT_STORED : storedOrder(row);
  }

  /** Writes what can change of an order. */
  async update(tx: SqlExecutor, orderId: string, order: StoredOrder): Promise<void> {
    const { state, paymentDueMessageId } = order;
    await tx.query(UPDATE, [orderId, state.status, ...outcomeOf(state), paymentDueMessageId ?? null]);
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
