import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, migrate } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { NO_PAYMENT, type PaymentState } from '../domain/payment.ts';
import { CancelledOrderStore } from './cancelled-order.store.ts';
import { PaymentChanged, PaymentStore } from './payment.store.ts';

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
    expect(await store.load(database, [randomUUID()])).toEqual([
      { state: NO_PAYMENT, version: 0, isCancelled: false },
    ]);
  });

  it('reads every state as it was written', async () => {
    let version = 0;
    for (const state of STATES) {
      expect(await store.save(database, [{ orderId: order.orderId, state, version }])).toEqual([++version]);
      expect(await store.load(database, [order.orderId])).toMatchObject([{ state, version }]);
    }
  });

  it('lets one of two writers through that read the same', async () => {
    const orderId = randomUUID();
    const state: PaymentState = { status: 'cancelled', order: { ...order, orderId } };
    const change = { orderId, state, version: 0 };
    const writes = await Promise.all([1, 2].map(() => store.save(database, [change])));
    expect(writes.flat().toSorted()).toEqual([1, expect.any(PaymentChanged)]);
    expect(await store.save(database, [change])).toEqual([
      expect.objectContaining({ code: 'PAYMENT_CHANGED' }),
    ]);
  });

  it('reads and writes many at once, each as if it were alone', async () => {
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    const [first, second, third] = ids;
    const changes = ids.map((orderId) => {
      const own = { ...request, orderId };
      return { orderId, state: { status: 'charging', request: own } satisfies PaymentState, version: 0 };
    });
    expect(await store.save(database, changes.slice(1))).toEqual([1, 1]);
    await new CancelledOrderStore().note(database, String(second));
    // Spelled as it may be by somebody else.
    const asked = [String(third), String(second).toUpperCase(), String(first)];
    expect(await store.load(database, asked)).toMatchObject([
      { state: changes[2]?.state, version: 1, isCancelled: false },
      { state: changes[1]?.state, version: 1, isCancelled: true },
      { state: NO_PAYMENT, version: 0, isCancelled: false },
    ]);
    expect(await store.save(database, changes)).toEqual([
      1,
      expect.any(PaymentChanged),
      expect.any(PaymentChanged),
    ]);
  });

  it('has nothing to write for a payment that nobody has heard of', async () => {
    expect(await store.save(database, [{ orderId: randomUUID(), state: NO_PAYMENT, version: 0 }])).toEqual([
      0,
    ]);
  });
});
