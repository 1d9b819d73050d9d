import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ask,
  type Answer,
  ORDER_BODY,
  type OrderService,
  startOrderService,
} from '../order-service.test-support.ts';
import { OrdersController } from './orders.controller.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let service: OrderService;

beforeAll(async () => {
  service = await startOrderService();
});

afterAll(() => service.stop());

function get(path: string): Promise<Answer> {
  return ask(`${service.url}${path}`);
}

async function placed(userId: string): Promise<{ orderId: string }> {
  const { body } = await ask(`${service.url}/orders`, { method: 'POST', body: { ...ORDER_BODY, userId } });
  return { ...body, orderId: String(body['orderId']) };
}

function cancel(orderId: string): Promise<Answer> {
  return ask(`${service.url}/orders/${orderId}/cancel`, { method: 'POST' });
}

it('resolves a controller with what its constructor asks for', () => {
  expect(service.app.get(OrdersController)).toHaveProperty('placement.journal');
});

describe('GET /orders/:id', () => {
  it('answers the order, without its payment token', async () => {
    const order = await placed('ada');
    await expect(get(`/orders/${order.orderId}`)).resolves.toMatchObject({ status: 200, body: order });
    expect(order).not.toHaveProperty('paymentToken');
  });

  it.each([UNKNOWN, 'no-uuid', '%00', '..%2f..'])('%s: 404', async (orderId) => {
    for (const path of [`/orders/${orderId}`, `/orders/${orderId}/timeline`]) {
      const answer = await get(path);
      expect(answer).toMatchObject({
        status: 404,
        type: expect.stringContaining('problem+json'),
        body: { status: 404 },
      });
    }
  });
});

describe('GET /orders?userId=', () => {
  it('leads through all of a user’s orders and nobody else’s, newest first', async () => {
    const orders = [];
    for (let number = 0; number < 5; number += 1) orders.unshift(await placed('pager'));
    await placed('pager2');
    const first = await get('/orders?userId=pager&limit=3');
    expect(first.body).toEqual({ orders: orders.slice(0, 3), nextCursor: expect.any(String) });
    const second = await get(`/orders?userId=pager&limit=3&cursor=${String(first.body['nextCursor'])}`);
    expect(second.body).toEqual({ orders: orders.slice(3), nextCursor: null });
  });

  it('answers an empty page for a user without orders', async () => {
    await expect(get('/orders?userId=nobody')).resolves.toMatchObject({
      body: { orders: [], nextCursor: null },
    });
  });

  it.each([
    ['userId', '/orders'],
    ['userId', '/orders?userId=a.b'],
    ['userId', '/orders?userId=a&userId=b'],
    ['limit', '/orders?userId=a&limit=0'],
    ['limit', '/orders?userId=a&limit=101'],
    ['limit', '/orders?userId=a&limit=ten'],
    ['cursor', '/orders?userId=a&cursor=bm9uZQ'],
    ['cursor', '/orders?userId=a&cursor=!'],
    ['cursor', `/orders?userId=a&cursor=${Buffer.from(`2026-99-99 ${UNKNOWN}`).toString('base64url')}`],
    ['page', '/orders?userId=a&page=2'],
  ])('names %s in %s: 422', async (field, path) => {
    await expect(get(path)).resolves.toMatchObject({
      status: 422,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    });
  });
});

describe('POST /orders/:id/cancel', () => {
  it('cancels, publishes order.cancelled, and says the same when asked again', async () => {
    const { orderId } = await placed('canceller');
    const first = await cancel(orderId);
    expect(first).toMatchObject({
      status: 200,
      body: { orderId, status: 'cancelled', cancelReason: 'requested' },
    });
    await expect(cancel(orderId)).resolves.toEqual(first);
    const sent = await service.database.query(
      `SELECT subject FROM messaging.publication WHERE key = 'canceller' ORDER BY id`,
    );
    expect(sent).toEqual([{ subject: 'order.canceller.created' }, { subject: 'order.canceller.cancelled' }]);
  });

  it('of many at once cancels once', async () => {
    const { orderId } = await placed('racer');
    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(orderId)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { body } = await get(`/orders/${orderId}/timeline`);
    expect(body['facts']).toMatchObject([
      { fact: 'created' },
      { fact: 'cancelled', detail: { reason: 'requested' } },
    ]);
  });

  it.each([UNKNOWN, 'no-uuid'])('%s: 404', async (orderId) => {
    await expect(cancel(orderId)).resolves.toMatchObject({ status: 404 });
  });

  it.each([
    ['paid', `status = 'paid', payment_id = 'ch_1'`],
    ['shipped', `status = 'shipped', payment_id = 'ch_1', tracking_number = 'OF-1'`],
    ['cancelled', `status = 'cancelled', cancel_reason = 'out_of_stock'`],
  ])('of an order that is %s: 409', async (status, columns) => {
    const { orderId } = await placed('late');
    await service.database.query(`UPDATE orders SET ${columns} WHERE id = $1`, [orderId]);
    const answer = await cancel(orderId);
    expect(answer).toMatchObject({ status: 409, body: { detail: `The order is already ${status}.` } });
  });
});

it('describes every route at /docs-json', async () => {
  const { body } = await get('/docs-json');
  const routes = ['/orders', '/orders/{orderId}', '/orders/{orderId}/cancel', '/orders/{orderId}/timeline'];
  for (const route of routes) expect(body['paths']).toHaveProperty([route]);
});
