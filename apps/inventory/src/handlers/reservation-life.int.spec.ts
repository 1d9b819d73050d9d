import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '@orderflow/testing';
import { ask, type InventoryService, startInventoryService } from '../inventory-service.test-support.ts';
import { cancelled, created, newOrder, type Order, paid } from './order-events.test-support.ts';

let service: InventoryService;

beforeAll(async () => {
  service = await startInventoryService();
});

afterAll(() => service.stop());

/** A SKU of the test's own. */
async function received(quantity: number): Promise<string> {
  const sku = `SKU-${randomUUID().slice(0, 8)}`;
  await ask(`${service.url}/stock/${sku}/receipts`, { receiptId: randomUUID(), quantity });
  return sku;
}

async function becomes(order: Order, status: string): Promise<void> {
  const look = async (): Promise<true> => {
    const { body } = await ask(`${service.url}/reservations/${order.orderId}`);
    expect(body).toMatchObject({ ...order, status });
    return true;
  };
  await eventually(look, { what: `the reservation of ${order.orderId} becomes ${status}` });
}

async function stockOf(sku: string): Promise<unknown> {
  const { onHand, reserved, shipped, received: total } = (await ask(`${service.url}/stock/${sku}`)).body;
  return [onHand, reserved, shipped, total];
}

/** What the service published for a user, in order. */
async function publishedFor({ userId }: Order): Promise<{ event: string; body: Record<string, unknown> }[]> {
  return await service.database.query(
    `SELECT split_part(subject, '.', 3) AS event, payload::jsonb AS body
     FROM messaging.publication WHERE key = $1 ORDER BY id`,
    [userId],
  );
}

describe('an order', () => {
  it('is reserved and shipped', async () => {
    const [order, first, second] = [newOrder('ships'), await received(10), await received(10)];
    await service.order.publish(created(order, { [first]: 2, [second]: 3 }));
    await becomes(order, 'reserved');
    expect(await Promise.all([stockOf(first), stockOf(second)])).toEqual([
      [8, 2, 0, 10],
      [7, 3, 0, 10],
    ]);

    await service.order.publish(paid(order));
    await becomes(order, 'shipped');
    expect(await Promise.all([stockOf(first), stockOf(second)])).toEqual([
      [8, 0, 2, 10],
      [7, 0, 3, 10],
    ]);
    await expect(publishedFor(order)).resolves.toMatchObject([
      { event: 'reserved', body: { orderId: order.orderId } },
      { event: 'shipped', body: { orderId: order.orderId, trackingNumber: expect.stringMatching(/^OF-/) } },
    ]);
  });

  it('gets every line or none', async () => {
    const [order, plenty, few] = [newOrder('none'), await received(10), await received(1)];
    await service.order.publish(created(order, { [plenty]: 1, [few]: 2, 'NEVER-RECEIVED': 3 }));
    await becomes(order, 'rejected');
    expect(await Promise.all([stockOf(plenty), stockOf(few)])).toEqual([
      [10, 0, 0, 10],
      [1, 0, 0, 1],
    ]);
    const [rejected] = await publishedFor(order);
    expect(rejected).toMatchObject({ event: 'rejected' });
    expect(rejected?.body['shortages']).toHaveLength(2);
    expect(rejected?.body['shortages']).toEqual(
      expect.arrayContaining([
        { sku: few, requested: 2, available: 1 },
        { sku: 'NEVER-RECEIVED', requested: 3, available: 0 },
      ]),
    );
  });

  it('that is cancelled gives back what was reserved', async () => {
    const [order, sku] = [newOrder('gives-back'), await received(5)];
    await service.order.publish(created(order, { [sku]: 5 }), cancelled(order));
    await becomes(order, 'released');
    await expect(stockOf(sku)).resolves.toEqual([5, 0, 0, 5]);
    await expect(publishedFor(order)).resolves.toMatchObject([{ event: 'reserved' }, { event: 'released' }]);
  });

  it('that is cancelled before it was seen reserves nothing any more', async () => {
    const [order, sku] = [newOrder('backwards'), await received(5)];
    await service.order.publish(cancelled(order), created(order, { [sku]: 5 }));
    const marker = { ...newOrder('backwards') };
    await service.order.publish(created(marker, { [sku]: 1 }));
    await becomes(marker, 'reserved');
    await becomes(order, 'closed');
    await expect(stockOf(sku)).resolves.toEqual([4, 1, 0, 5]);
  });

  it('that is paid without a reservation is a dead letter', async () => {
    const order = newOrder('impossible');
    await service.order.publish(paid(order));
    const dead = (): Promise<object[]> =>
      service.database.query(`SELECT id FROM messaging.parked WHERE state = 'dead' AND key = $1`, [
        order.userId,
      ]);
    await eventually(async () => (await dead()).length === 1, { what: 'order.paid is parked as dead' });
  });
});

it('of many users who race for the last pieces, as many get one as there are', async () => {
  const sku = await received(3);
  const orders = Array.from({ length: 20 }, (_, number) => newOrder(`racer-${String(number)}`));
  await service.order.publish(...orders.map((order) => created(order, { [sku]: 1 })));
  const decided = async (): Promise<string[]> => {
    const answers = await Promise.all(
      orders.map(({ orderId }) => ask(`${service.url}/reservations/${orderId}`)),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    return answers.map(({ body }) => String(body['status']));
  };
  const statuses = await eventually(decided, { what: 'every order is decided' });
  expect(statuses.filter((status) => status === 'reserved')).toHaveLength(3);
  expect(statuses.filter((status) => status === 'rejected')).toHaveLength(17);
  await expect(stockOf(sku)).resolves.toEqual([0, 3, 0, 3]);
});
