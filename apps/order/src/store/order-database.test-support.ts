import { Database, migrate } from '@orderflow/database';
import { freshDatabase } from '@orderflow/testing';
import type { OrderDetails } from '../domain/order.ts';

export interface OrderDatabase {
  database: Database;
  drop(): Promise<void>;
}

/** A database of its own with the tables of the order service. */
export async function orderDatabase(): Promise<OrderDatabase> {
  const fresh = await freshDatabase('order');
  const database = new Database({ url: fresh.url, applicationName: 'order-test' });
  await migrate(database, { name: 'order', directory: new URL('../../migrations/', import.meta.url) });
  const drop = async (): Promise<void> => {
    await database.close();
    await fresh.drop();
  };
  return { database, drop };
}

let placed = 0;

/** A valid order; every call gives another one. */
export function orderDetails(fields: Partial<OrderDetails> = {}): OrderDetails {
  placed += 1;
  return {
    userId: 'ada',
    orderId: `00000000-0000-4000-8000-${String(placed).padStart(12, '0')}`,
    lines: [{ sku: 'MUG', quantity: 2, unitPrice: { amount: 1_250, currency: 'EUR' } }],
    total: { amount: 2_500, currency: 'EUR' },
    paymentToken: 'tok_approve',
    email: 'ada@example.org',
    createdAt: '2026-01-31T12:00:00.000Z',
    ...fields,
  };
}
