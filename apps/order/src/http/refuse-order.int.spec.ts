import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type Answer,
  ask,
  ORDER_BODY,
  type OrderService,
  type Request,
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

/** Rows of every table that a POST could write to. */
async function rows(): Promise<unknown> {
  const [counts] = await service.database.query(`
    SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_fact) AS facts,
      (SELECT count(*) FROM messaging.publication) AS outbox, (SELECT count(*) FROM http_idempotency) AS keys`);
  return counts;
}

describe('POST /orders refuses, names the field and leaves nothing behind', () => {
  let before: unknown;
  beforeEach(async () => {
    before = await rows();
  });

  const line = { sku: 'MUG', quantity: 1 };
  it.each<[string, unknown, string]>([
    ['an unknown field', { ...ORDER_BODY, coupon: 'FREE' }, 'coupon'],
    [
      'an unknown field of a line',
      { ...ORDER_BODY, lines: [{ ...line, unitPrice: 1 }] },
      'lines.0.unitPrice',
    ],
    ['no lines', { ...ORDER_BODY, lines: [] }, 'lines'],
    ['101 lines', { ...ORDER_BODY, lines: Array.from({ length: 101 }, () => line) }, 'lines'],
    ['lines that are no list', { ...ORDER_BODY, lines: line }, 'lines'],
    ['a line that is null', { ...ORDER_BODY, lines: [line, null] }, 'lines'],
    ['a line that is a list', { ...ORDER_BODY, lines: [[line]] }, 'lines'],
    ['quantity 0', { ...ORDER_BODY, lines: [line, { sku: 'MUG', quantity: 0 }] }, 'lines.1.quantity'],
    ['quantity 1001', { ...ORDER_BODY, lines: [{ sku: 'MUG', quantity: 1_001 }] }, 'lines.0.quantity'],
    ['quantity 1.5', { ...ORDER_BODY, lines: [{ sku: 'MUG', quantity: 1.5 }] }, 'lines.0.quantity'],
    ['quantity as text', { ...ORDER_BODY, lines: [{ sku: 'MUG', quantity: '1' }] }, 'lines.0.quantity'],
    ['an unknown SKU', { ...ORDER_BODY, lines: [{ sku: 'UNICORN', quantity: 1 }] }, 'lines.0.sku'],
    ['a SKU that is none', { ...ORDER_BODY, lines: [{ sku: 'A B', quantity: 1 }] }, 'lines.0.sku'],
    ['another currency', { ...ORDER_BODY, currency: 'USD' }, 'currency'],
    ['no currency', { ...ORDER_BODY, currency: undefined }, 'currency'],
    ['no email', { ...ORDER_BODY, email: 'ada' }, 'email'],
    ['an email with a line break', { ...ORDER_BODY, email: '"a\r\nBcc: b"@example.org' }, 'email'],
    ['an email of 10,000 characters', { ...ORDER_BODY, email: `${'a'.repeat(10_000)}@example.org` }, 'email'],
    ['a payment token with a blank', { ...ORDER_BODY, paymentToken: 'tok approve' }, 'paymentToken'],
    ['a payment token with a NUL', { ...ORDER_BODY, paymentToken: 'tok\0' }, 'paymentToken'],
    ['an empty body', {}, 'userId'],
    ...['', 'a.b', 'a*', '>', 'a b', 'a\n', 'ä', 'x'.repeat(65), 7, null, ['ada']].map(
      (userId): [string, unknown, string] => [
        `the user id ${JSON.stringify(userId)}`,
        { ...ORDER_BODY, userId },
        'userId',
      ],
    ),
  ])('%s: 422', async (_name, body, field) => {
    const answer = await place(body);
    expect(answer).toMatchObject({
      status: 422,
      type: expect.stringContaining('application/problem+json'),
      body: { status: 422, errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    });
    await expect(rows()).resolves.toEqual(before);
  });

  it('names every field at once', async () => {
    const { body } = await place({
      ...ORDER_BODY,
      lines: [
        { sku: 'UNICORN', quantity: 1 },
        { sku: 'YETI', quantity: 1 },
      ],
    });
    expect(body['errors']).toMatchObject([{ field: 'lines.0.sku' }, { field: 'lines.1.sku' }]);
  });

  it.each<[string, number, Request]>([
    ['malformed JSON', 400, { body: '{ "userId": ' }],
    ['no JSON at all', 415, { body: 'hello', headers: { 'content-type': 'text/plain' } }],
    ['a body over 256 KiB', 413, { body: { ...ORDER_BODY, email: 'x'.repeat(256 * 1_024) } }],
    ['__proto__ in the body', 400, { body: '{ "__proto__": { "userId": "ada" } }' }],
  ])('%s: %i', async (_name, status, request) => {
    const answer = await ask(`${service.url}/orders`, { method: 'POST', ...request });
    expect(answer).toMatchObject({
      status,
      type: expect.stringContaining('application/problem+json'),
      body: { status },
    });
    await expect(rows()).resolves.toEqual(before);
  });

  it.each(['', 'a b', 'x'.repeat(256)])('the Idempotency-Key %j: 400', async (key) => {
    const answer = await place(ORDER_BODY, { 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
    await expect(rows()).resolves.toEqual(before);
  });

  it('a refused order does not use up its Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'refused-then-mended' };
    const unknown = { ...ORDER_BODY, lines: [{ sku: 'UNICORN', quantity: 1 }] };
    await expect(place(unknown, key)).resolves.toMatchObject({ status: 422 });
    await expect(rows()).resolves.toEqual(before);
    await expect(place(ORDER_BODY, key)).resolves.toMatchObject({ status: 201 });
  });
});
