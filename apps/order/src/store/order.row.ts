import type { CancelReason, OrderLine } from '@orderflow/contracts';
import { NO_ORDER, type OrderDetails, type OrderState } from '../domain/order.ts';

/** A row of `orders`. What the table's checks promise for a status is written here as types. */
export type OrderRow = OrderColumns &
  (
    | { status: 'created' | 'reserved' }
    | { status: 'paid'; payment_id: string }
    | { status: 'shipped'; payment_id: string; tracking_number: string }
    | { status: 'cancelled'; cancel_reason: CancelReason }
  );

interface OrderColumns {
  id: string;
  user_id: string;
  email: string;
  lines: OrderLine[];
  total: number;
  currency: string;
  payment_token: string;
  payment_due_message_id: string | null;
  created_at: Date;
}

/** An order as it is stored. */
export interface StoredOrder {
  readonly state: OrderState;
  /** The delayed order.stock-due or order.payment-due, while it may still be needed. */
  readonly dueMessageId: string | undefined;
}

export const NOT_STORED: StoredOrder = { state: NO_ORDER, dueMessageId: undefined };

export function storedOrder(row: OrderRow): StoredOrder {
  return { state: stateOf(row), dueMessageId: row.payment_due_message_id ?? undefined };
}

function stateOf(row: OrderRow): OrderState {
  const details = detailsOf(row);
  switch (row.status) {
    case 'created':
    case 'reserved':
      return { status: row.status, details };
    case 'paid':
      return { status: 'paid', details, paymentId: row.payment_id };
    case 'shipped':
      return { status: 'shipped', details, paymentId: row.payment_id, trackingNumber: row.tracking_number };
    case 'cancelled':
      return { status: 'cancelled', details, reason: row.cancel_reason };
  }
}

function detailsOf(row: OrderColumns): OrderDetails {
  return {
    userId: row.user_id,
    orderId: row.id,
    lines: row.lines,
    total: { amount: row.total, currency: row.currency },
    paymentToken: row.payment_token,
    email: row.email,
    createdAt: row.created_at.toISOString(),
  };
}
