import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Answer,
  ask,
  ORDER_BODY,
  type OrderService,
  startOrderService,
} from '../order-service.test-support.ts';

let service: OrderService;

beforeAll(async () => {
  service = await startOrderService();
});

afterAll(() => service.stop());

function place(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return ask(`${service.url}/orders`, { method: 'POST', body, headers });
}

describe('POST /orders', () => {
  it('answers 201 with the priced order, and publishes order.created', async () => {
    const { status, body } = await place({ ...ORDER_BODY, userId: 'grace' });
    expect({ status, body }).toEqual({
      status: 201,
      body: {
        orderId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        userId: 'grace',
        email: 'ada@example.org',
        status: 'created',
        lines: [
          { sku: 'KETTLE', quantity: 1, unitPrice: { amount: 4_900, currency: 'EUR' } },
          { sku: 'MUG', quantity: 2, unitPrice: { amount: 1_250, currency: 'EUR' } },
        ],
        total: { amount: 7_400, currency: 'EUR' },
        createdAt: expect.stringMatching(/Z$/),
      },
    });
    const sent = await service.database.query(
      `SELECT subject, payload FROM messaging.publication WHERE key = 'grace' AND subject NOT LIKE '%due'`,
    );
    expect(sent).toEqual([
      { subject: 'order.grace.created', payload: expect.stringContaining('"tok_approve"') },
    ]);
  });

  it.each([
    ['one line of a thousand', [{ sku: 'MUG', quantity: 1_000 }]],
    ['a hundred lines', Array.from({ length: 100 }, () => ({ sku: 'LAST-ONE', quantity: 1_000 }))],
  ])('accepts %s', async (_name, lines) => {
    await expect(place({ ...ORDER_BODY, lines })).resolves.toMatchObject({ status: 201 });
  });

  it.each(['a', 'A_b-9', '-', '_', 'x'.repeat(64)])('accepts the user id %s', async (userId) => {
    await expect(place({ ...ORDER_BODY, userId })).resolves.toMatchObject({ status: 201 });
  });
});

describe('POST /orders with an Idempotency-Key', () => {
  it('replays the first answer to the same body, and orders once', async () => {
    const body = { ...ORDER_BODY, userId: 'idem-1' };
    const first = await place(body, { 'idempotency-key': 'key-1' });
    const second = await place(body, { 'idempotency-key': 'key-1' });
    expect(second).toEqual(first);
    const { body: page } = await ask(`${service.url}/orders?userId=idem-1`);
    expect(page['orders']).toEqual([first.body]);
  });

  it('refuses another body under the same key: 422', async () => {
    const body = { ...ORDER_BODY, userId: 'idem-2' };
    await place(body, { 'idempotency-key': 'key-2' });
    const other = await place({ ...body, paymentToken: 'tok_decline' }, { 'idempotency-key': 'key-2' });
    expect(other).toMatchObject({ status: 422, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });

  it('of many requests at once orders once; each gets that order or 409', async () => {
    const body = { ...ORDER_BODY, userId: 'idem-3' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => place(body, { 'idempotency-key': 'key-3' })),
    );
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    const { body: page } = await ask(`${service.url}/orders?userId=idem-3`);
    const placed = answers.filter(({ status }) => status === 201).map((answer) => answer.body);
    expect(page['orders']).toEqual([placed[0]]);
    expect(new Set(placed.map(({ orderId }) => orderId)).size).toBe(1);
  });
});
