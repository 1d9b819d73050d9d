import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderDatabase, type OrderDatabase, orderDetails } from './order-database.test-support.ts';
import { OrderFactStore } from './order-fact.store.ts';
import { OrderStore } from './order.store.ts';

const facts = new OrderFactStore();
let fixture: OrderDatabase;

beforeAll(async () => {
  fixture = await orderDatabase();
});

afterAll(() => fixture.drop());

describe('OrderFactStore', () => {
  it('tells an order’s facts in order, without token and address', async () => {
    const { database } = fixture;
    const details = orderDetails();
    const { userId, orderId, total, paymentToken } = details;
    await new OrderStore().insert(database, [{ details, dueMessageId: undefined }]);

    await facts.append(database, [{ orderId, events: [{ type: 'created', data: details }] }]);
    await facts.append(database, [
      {
        orderId,
        events: [
          { type: 'reserved', data: { userId, orderId, total, paymentToken } },
          { type: 'payment-due', data: { userId, orderId } },
        ],
      },
    ]);
    await facts.append(database, [
      { orderId, events: [{ type: 'paid', data: { userId, orderId, total, paymentId: 'ch_1' } }] },
    ]);
    await facts.append(database, [
      { orderId, events: [{ type: 'shipped', data: { userId, orderId, trackingNumber: 'OF-1' } }] },
    ]);

    const timeline = await facts.timeline(database, orderId);
    expect(timeline.map(({ fact, detail }) => ({ fact, detail }))).toEqual([
      { fact: 'created', detail: { total } },
      { fact: 'reserved', detail: {} },
      { fact: 'paid', detail: { paymentId: 'ch_1' } },
      { fact: 'shipped', detail: { trackingNumber: 'OF-1' } },
    ]);
    const times = timeline.map(({ at }) => at.getTime());
    expect(times).toEqual([...times].sort((left, right) => left - right));
  });
});
