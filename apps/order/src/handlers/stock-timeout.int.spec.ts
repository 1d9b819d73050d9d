import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InventoryReserved } from '@orderflow/contracts';
import { eventually } from '@orderflow/testing';
import { ask, ORDER_BODY, type OrderService, startOrderService } from '../order-service.test-support.ts';

const LINES = [{ sku: 'MUG', quantity: 2 }];

interface Order {
  userId: string;
  orderId: string;
}

const reserved = (order: Order): object => Object.assign(new InventoryReserved(), { ...order, lines: LINES });

async function placed(service: OrderService, userId: string): Promise<Order> {
  const { body } = await ask(`${service.url}/orders`, { method: 'POST', body: { ...ORDER_BODY, userId } });
  return { userId, orderId: String(body['orderId']) };
}

async function becomes(service: OrderService, { orderId }: Order, expected: object): Promise<void> {
  await eventually(
    async () => {
      expect((await ask(`${service.url}/orders/${orderId}`)).body).toMatchObject(expected);
      return true;
    },
    { what: `the order is ${JSON.stringify(expected)}` },
  );
}

async function delayed(service: OrderService, { userId }: Order): Promise<string[]> {
  const rows = await service.database.query<{ event: string }>(
    `SELECT split_part(subject, '.', 3) AS event FROM messaging.outbox
     WHERE key = $1 AND available_at IS NOT NULL ORDER BY id`,
    [userId],
  );
  return rows.map(({ event }) => event);
}

describe('an order that inventory does not answer', () => {
  let service: OrderService;

  beforeAll(async () => {
    service = await startOrderService({ stockTimeoutMs: 300 });
  });

  afterAll(() => service.stop());

  it('is cancelled when its time is over, and a late answer changes nothing', async () => {
    const order = await placed(service, 'unanswered');
    await becomes(service, order, { status: 'cancelled', cancelReason: 'payment_timed_out' });
    await service.inventory.publish(reserved(order));
    const handled = `SELECT 1 FROM messaging.inbox WHERE stream = 'INVENTORY' AND state = 'handled'`;
    await eventually(async () => (await service.database.query(handled)).length === 1, {
      what: 'the late answer is handled',
    });
    const { body } = await ask(`${service.url}/orders/${order.orderId}/timeline`);
    expect(body['facts']).toMatchObject([{ fact: 'created' }, { fact: 'cancelled' }]);
  });
});

describe('an order that inventory answers in time', () => {
  let service: OrderService;

  beforeAll(async () => {
    service = await startOrderService();
  });

  afterAll(() => service.stop());

  it('waits for its stock first, and then for its payment only', async () => {
    const order = await placed(service, 'answered');
    expect(await delayed(service, order)).toEqual(['stock-due']);
    await service.inventory.publish(reserved(order));
    await becomes(service, order, { status: 'reserved' });
    expect(await delayed(service, order)).toEqual(['payment-due']);
  });

  it('waits for nothing any more when it is cancelled before', async () => {
    const order = await placed(service, 'cancelling');
    await ask(`${service.url}/orders/${order.orderId}/cancel`, { method: 'POST' });
    expect(await delayed(service, order)).toEqual([]);
  });
});
