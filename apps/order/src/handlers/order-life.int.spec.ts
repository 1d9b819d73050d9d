import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  InventoryRejected,
  InventoryReserved,
  InventoryShipped,
  PaymentCaptured,
  PaymentDeclined,
} from '@orderflow/contracts';
import { eventually } from '@orderflow/testing';
import { ask, ORDER_BODY, type OrderService, startOrderService } from '../order-service.test-support.ts';

interface Order {
  userId: string;
  orderId: string;
}

const TOTAL = { amount: 7_400, currency: 'EUR' };
const LINES = [{ sku: 'MUG', quantity: 2 }];

let service: OrderService;

beforeAll(async () => {
  service = await startOrderService();
});

afterAll(() => service.stop());

async function placed(userId: string): Promise<Order> {
  const { body } = await ask(`${service.url}/orders`, { method: 'POST', body: { ...ORDER_BODY, userId } });
  return { userId, orderId: String(body['orderId']) };
}

async function becomes({ orderId }: Order, expected: Record<string, unknown>): Promise<void> {
  const look = async (): Promise<true> => {
    const { body } = await ask(`${service.url}/orders/${orderId}`);
    expect(body).toMatchObject(expected);
    return true;
  };
  await eventually(look, { what: `order ${orderId} becomes ${JSON.stringify(expected)}` });
}

const reserved = (order: Order): object => Object.assign(new InventoryReserved(), { ...order, lines: LINES });
const captured = (order: Order, amount = TOTAL): object =>
  Object.assign(new PaymentCaptured(), { ...order, paymentId: 'ch_1', amount });

/** Subjects and delayed rows that the service wrote for a user. */
async function outboxOf(userId: string): Promise<{ event: string; delayed: boolean }[]> {
  return await service.database.query(
    `SELECT split_part(subject, '.', 3) AS event, available_at > clock_timestamp() AS delayed
     FROM messaging.publication WHERE key = $1 ORDER BY id`,
    [userId],
  );
}

describe('an order', () => {
  it('is reserved, paid and shipped, and tells it in its timeline', async () => {
    const order = await placed('happy');
    await service.inventory.publish(reserved(order));
    await becomes(order, { status: 'reserved' });
    expect((await outboxOf('happy')).filter(({ delayed }) => delayed)).toMatchObject([
      { event: 'payment-due' },
    ]);

    await service.payment.publish(captured(order));
    await becomes(order, { status: 'paid', paymentId: 'ch_1' });
    expect((await outboxOf('happy')).filter(({ delayed }) => delayed)).toEqual([]);

    await service.inventory.publish(
      Object.assign(new InventoryShipped(), { ...order, trackingNumber: 'OF-1', lines: LINES }),
    );
    await becomes(order, { status: 'shipped', trackingNumber: 'OF-1' });

    const { body } = await ask(`${service.url}/orders/${order.orderId}/timeline`);
    expect(body['facts']).toMatchObject(['created', 'reserved', 'paid', 'shipped'].map((fact) => ({ fact })));
    expect((await outboxOf('happy')).map(({ event }) => event)).toEqual([
      'created',
      'reserved',
      'paid',
      'shipped',
    ]);
  });

  it('that is out of stock is cancelled', async () => {
    const order = await placed('short');
    const shortages = [{ sku: 'MUG', requested: 2, available: 1 }];
    await service.inventory.publish(Object.assign(new InventoryRejected(), { ...order, shortages }));
    await becomes(order, { status: 'cancelled', cancelReason: 'out_of_stock' });
  });

  it('whose payment is declined is cancelled', async () => {
    const order = await placed('poor');
    await service.inventory.publish(reserved(order));
    await becomes(order, { status: 'reserved' });
    await service.payment.publish(Object.assign(new PaymentDeclined(), { ...order, code: 'card_declined' }));
    await becomes(order, { status: 'cancelled', cancelReason: 'payment_declined' });
  });

  it('that its user cancelled stays cancelled when the payment comes after all', async () => {
    const order = await placed('regret');
    await service.inventory.publish(reserved(order));
    await becomes(order, { status: 'reserved' });
    await ask(`${service.url}/orders/${order.orderId}/cancel`, { method: 'POST' });
    const marker = await placed('regret');
    await service.payment.publish(captured(order));
    await service.inventory.publish(reserved(order), reserved(marker));
    await becomes(marker, { status: 'reserved' });
    await becomes(order, { status: 'cancelled', cancelReason: 'requested' });
  });
});

describe('a fact that cannot be true is a dead letter:', () => {
  const impossible: [string, (order: Order) => object][] = [
    ['a payment of another amount', (order) => captured(order, { amount: 1, currency: 'EUR' })],
    ['a payment under another user’s id', (order) => captured({ ...order, userId: `${order.userId}-thief` })],
    ['a payment of an order that was never placed', (order) => captured({ ...order, orderId: randomUUID() })],
  ];

  it.each(impossible)('%s', async (name, fact) => {
    const order = await placed(`liar-${String(impossible.findIndex(([each]) => each === name))}`);
    await service.inventory.publish(reserved(order));
    await becomes(order, { status: 'reserved' });
    await service.payment.publish(fact(order));
    const dead = (): Promise<object[]> =>
      service.database.query(`SELECT id FROM messaging.parked WHERE state = 'dead' AND key LIKE $1 || '%'`, [
        order.userId,
      ]);
    await eventually(async () => (await dead()).length === 1, { what: 'the payment is parked as dead' });
    await becomes(order, { status: 'reserved' });
  });
});
