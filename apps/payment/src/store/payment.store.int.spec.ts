import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { NO_PAYMENT, type PaymentState } from '../domain/payment.ts';
import { PaymentStore } from './payment.store.ts';

const order = { orderId: randomUUID(), userId: 'user-1' };
const request = { ...order, amount: { amount: 4_788, currency: 'EUR' }, paymentToken: 'tok_approve' };
const charge = { ...request, paymentId: 'ch_1' };

const STATES: PaymentState[] = [
  { status: 'charging', request },
  { status: 'cancelling', request },
  { status: 'captured', charge },
  { status: 'refunding', charge },
  { status: 'refunded', charge },
  { status: 'declined', request, code: 'card_declined' },
  { status: 'cancelled', order },
];

describe('the payment store', () => {
  const store = new PaymentStore();
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase('payment_store');
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await migrate(database, { name: 'payment', directory: new URL('../../migrations/', import.meta.url) });
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  it('knows nothing of an order that it has not heard of', async () => {
    expect(await store.load(database, randomUUID())).toEqual({ state: NO_PAYMENT, version: 0 });
  });

  it('reads every state as it was written', async () => {
    let version = 0;
    for (const state of STATES) {
      version = await store.save(database, order.orderId, state, version);
      expect(await store.load(database, order.orderId)).toMatchObject({ state, version });
    }
  });

  it('lets one of two writers through that read the same', async () => {
    const orderId = randomUUID();
    const state: PaymentState = { status: 'cancelled', order: { ...order, orderId } };
    const writes = [1, 2].map(() => store.save(database, orderId, state, 0));
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(store.save(database, orderId, state, 0)).rejects.toMatchObject({ code: 'PAYMENT_CHANGED' });
  });
});
