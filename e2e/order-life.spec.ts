import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { serviceNames } from '@orderflow/tools';
import { getJson, type OrderWish, TestShop } from './test-shop.test-support.ts';

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start({
    environment: {
      order: { PAYMENT_TIMEOUT_MS: '3000' },
      payment: { PROVIDER_TIMEOUT_MS: '400', PAYMENT_GIVE_UP_MS: '4000' },
    },
  });
});

afterAll(() => shop.stop(), 60_000);

async function timelineOf(orderId: string): Promise<string[]> {
  const { body } = await getJson(`${shop.stack.part('order').url}/orders/${orderId}/timeline`);
  const facts = body['facts'] as { fact: string }[];
  return facts.map(({ fact }) => fact);
}

async function paymentOf(orderId: string): Promise<Record<string, unknown>> {
  const { body } = await getJson(`${shop.stack.part('payment').url}/payments/${orderId}`);
  return body;
}

/** Subjects of the e-mails about an order, once there are so many. */
async function mailsAbout(orderId: string, count: number): Promise<string[]> {
  const { url } = shop.stack.part('smtp');
  const look = async (): Promise<string[]> => {
    const response = await fetch(`${url}/messages`);
    const mails = JSON.parse(await response.text()) as { subject: string }[];
    const subjects = mails.map(({ subject }) => subject).filter((subject) => subject.includes(orderId));
    expect(subjects).toHaveLength(count);
    return subjects.map((subject) => subject.replace(orderId, '#'));
  };
  return await eventually(look, { what: `${count} e-mails about ${orderId}` });
}

describe('an order', () => {
  it('is reserved, paid and shipped; each step is told by one e-mail', async () => {
    const { orderId } = await shop.order('life-good', { lines: [{ sku: 'KETTLE', quantity: 2 }] });
    await shop.becomes(orderId, { status: 'shipped' });
    expect(await timelineOf(orderId)).toEqual(['created', 'reserved', 'paid', 'shipped']);
    expect(await paymentOf(orderId)).toMatchObject({
      status: 'captured',
      amount: { amount: 9_800, currency: 'EUR' },
    });
    const mails = await mailsAbout(orderId, 3);
    expect(mails.sort()).toEqual([
      'We have your order #',
      'Your order # is on its way',
      'Your order # is paid',
    ]);
    const { body } = await getJson(`${shop.stack.part('notification').url}/notifications?userId=life-good`);
    expect(body['notifications']).toHaveLength(3);
  });

  it.each<[string, OrderWish]>([
    ['times out, then succeeds', { paymentToken: 'tok_timeout_then_approve' }],
    ['fails twice, then succeeds', { paymentToken: 'tok_fail_then_approve' }],
  ])('whose payment %s is shipped and charged once', async (_what, wish) => {
    const { orderId } = await shop.order(`life-${wish.paymentToken ?? ''}`, wish);
    await shop.becomes(orderId, { status: 'shipped' });
    const view = await shop.reader.read(shop.scope);
    expect(view.charges.filter((charge) => charge.orderId === orderId)).toHaveLength(1);
  });

  it.each<[string, OrderWish, string[]]>([
    [
      'out_of_stock',
      {
        lines: [
          { sku: 'MUG', quantity: 1 },
          { sku: 'SUGAR-BOWL', quantity: 1 },
        ],
      },
      ['created', 'cancelled'],
    ],
    ['payment_declined', { paymentToken: 'tok_decline' }, ['created', 'reserved', 'cancelled']],
    ['payment_timed_out', { paymentToken: 'tok_never' }, ['created', 'reserved', 'cancelled']],
  ])('is cancelled: %s', async (reason, wish, timeline) => {
    const { orderId } = await shop.order(`life-${reason}`, wish);
    await shop.becomes(orderId, { status: 'cancelled', cancelReason: reason });
    expect(await timelineOf(orderId)).toEqual(timeline);
    expect((await mailsAbout(orderId, 2)).sort()).toEqual([
      'We have your order #',
      'Your order # is cancelled',
    ]);
  });

  it('cancelled by its user releases its stock and, once it is captured, gives the money back', async () => {
    await shop.client.receive('TEA-TIN', 3);
    const wish = { paymentToken: 'tok_timeout_then_approve', lines: [{ sku: 'TEA-TIN', quantity: 3 }] };
    const { orderId } = await shop.order('life-regret', wish);
    await shop.becomes(orderId, { status: 'reserved' });
    await expect(shop.client.onHand('TEA-TIN')).resolves.toBe(0);
    await expect(shop.client.cancel(orderId)).resolves.toMatchObject({
      status: 200,
      body: { cancelReason: 'requested' },
    });
    const refunded = async (): Promise<boolean> => (await paymentOf(orderId))['status'] === 'refunded';
    await eventually(refunded, { what: 'the late capture is refunded' });
    await eventually(async () => (await shop.client.onHand('TEA-TIN')) === 3, {
      what: 'the stock is released',
    });
    const view = await shop.reader.read(shop.scope);
    expect(view.charges.filter((charge) => charge.orderId === orderId)).toMatchObject([
      { status: 'refunded' },
    ]);
  });

  it('can be cancelled again, but not once it is shipped', async () => {
    const { orderId } = await shop.order('life-twice', { paymentToken: 'tok_never' });
    const first = await shop.client.cancel(orderId);
    expect(first).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await expect(shop.client.cancel(orderId)).resolves.toEqual(first);
    const shipped = await shop.order('life-late');
    await shop.becomes(shipped.orderId, { status: 'shipped' });
    await expect(shop.client.cancel(shipped.orderId)).resolves.toMatchObject({ status: 409 });
    await expect(shop.client.cancel(randomUUID())).resolves.toMatchObject({ status: 404 });
  });

  it('of two that want the last item, one gets it', async () => {
    await shop.client.receive('LAST-ONE', 1);
    const wish = { lines: [{ sku: 'LAST-ONE', quantity: 1 }] };
    const racers = await Promise.all(['race-a', 'race-b', 'race-c'].map((user) => shop.order(user, wish)));
    const ends = await eventually(
      async () => {
        const orders = await Promise.all(racers.map(({ orderId }) => shop.client.order(orderId)));
        const states = orders.map(({ body }) => body.cancelReason ?? body.status).sort();
        return (
          states.includes('shipped') && !states.includes('created') && !states.includes('reserved') && states
        );
      },
      { what: 'the race is over' },
    );
    expect(ends).toEqual(['out_of_stock', 'out_of_stock', 'shipped']);
  });
});

describe('POST /orders with an Idempotency-Key', () => {
  it('orders once: the answer is replayed, another body is 422', async () => {
    const key = randomUUID();
    const first = await shop.client.place(shop.wish('idem'), key);
    shop.accepted(first);
    await expect(shop.client.place(shop.wish('idem'), key)).resolves.toEqual(first);
    const other = await shop.client.place(shop.wish('idem', { paymentToken: 'tok_decline' }), key);
    expect(other).toMatchObject({ status: 422, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });

  it('orders once of many at once: each gets that order, or 409', async () => {
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => shop.client.place(shop.wish('idem-many'), key)),
    );
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    const [first, ...others] = answers.filter(({ status }) => status === 201);
    if (first === undefined) throw new Error('one of them must have been accepted');
    shop.accepted(first);
    expect(others.filter(({ body }) => body.orderId !== first.body.orderId)).toEqual([]);
  });
});

describe('what is refused leaves nothing behind:', () => {
  async function rows(): Promise<unknown> {
    const [counts] = await shop.reader.databases.of('order').query(
      `SELECT (SELECT count(*) FROM orders WHERE user_id = 'refused') AS orders,
        (SELECT count(*) FROM order_fact JOIN orders ON id = order_id WHERE user_id = 'refused') AS facts,
        (SELECT count(*) FROM messaging.publication WHERE key = 'refused') AS outbox,
        (SELECT count(*) FROM http_idempotency WHERE key LIKE 'refused-%') AS keys`,
    );
    return counts;
  }

  const line = { sku: 'MUG', quantity: 1 };
  it.each<[string, OrderWish, string]>([
    ['a user id that breaks a subject', { userId: 'refused.>' }, 'userId'],
    ['an unknown SKU', { lines: [{ sku: 'UNICORN', quantity: 1 }] }, 'lines.0.sku'],
    ['another currency', { currency: 'USD' }, 'currency'],
    ['no lines', { lines: [] }, 'lines'],
    ['101 lines', { lines: Array.from({ length: 101 }, () => line) }, 'lines'],
    ['quantity 1001', { lines: [line, { sku: 'MUG', quantity: 1_001 }] }, 'lines.1.quantity'],
  ])('%s', async (_what, wish, field) => {
    const answer = await shop.client.place(shop.wish('refused', wish), `refused-${randomUUID()}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ field })] } });
    expect(await rows()).toEqual({ orders: 0, facts: 0, outbox: 0, keys: 0 });
  });
});

it.each(serviceNames)('%s says that it is well, and what it can do', async (name) => {
  const { url } = shop.stack.part(name);
  const answers = ['/health/live', '/health/ready', '/health/messaging', '/docs-json'].map((path) =>
    getJson(`${url}${path}`),
  );
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

it('keeps every promise', () => shop.expectEveryPromiseKept(), 90_000);
