import { randomUUID } from 'node:crypto';
import { OrderCancelled, OrderCreated, OrderPaid } from '@orderflow/contracts';

export interface Order {
  userId: string;
  orderId: string;
}

const TOTAL = { amount: 2_500, currency: 'EUR' };

export function newOrder(userId: string): Order {
  return { userId, orderId: randomUUID() };
}

/** `needs`: pieces by SKU. */
export function created(order: Order, needs: Record<string, number>): object {
  const unitPrice = { amount: 1_250, currency: 'EUR' };
  const lines = Object.entries(needs).map(([sku, quantity]) => ({ sku, quantity, unitPrice }));
  const [paymentToken, email, createdAt] = ['tok_approve', 'ada@example.org', new Date().toISOString()];
  return Object.assign(new OrderCreated(), { ...order, lines, total: TOTAL, paymentToken, email, createdAt });
}

export const paid = (order: Order): object =>
  Object.assign(new OrderPaid(), { ...order, total: TOTAL, paymentId: 'ch_1' });
export const cancelled = (order: Order): object =>
  Object.assign(new OrderCancelled(), { ...order, reason: 'requested' });
