import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask, ORDER_BODY, type OrderService, startOrderService } from '../order-service.test-support.ts';

let service: OrderService;

beforeAll(async () => {
  service = await startOrderService();
});

afterAll(() => service.stop());

const ID = '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f';
const LONG = 'x'.repeat(10_000);

/** Values that no field takes, or that a careless one hands to the database. */
const NASTY: readonly unknown[] = [
  'a\0b',
  '\ud800',
  'x\udc00y',
  '',
  ' ',
  LONG,
  -1,
  -1e21,
  0.5,
  1e21,
  2 ** 53,
  9_223_372_036_854_776_000,
  Number.MAX_VALUE,
  '9223372036854775808',
  '-0001-01-01T00:00:00.000Z',
  '+010000-01-01T00:00:00.000Z',
  'Infinity',
  '0x10',
  null,
  true,
  [],
  [1],
  ['a', 'b'],
  {},
  { toString: 1 },
  'constructor',
  '__proto__',
];

const cursorOf = (createdAt: string): string => Buffer.from(`${createdAt} ${ID}`).toString('base64url');

/** Every parameter of a query string that the order service reads, with the others as they should be. */
const QUERIES: readonly [path: string, field: string][] = [
  ['/orders?', 'userId'],
  ['/orders?userId=ada&', 'limit'],
  ['/orders?userId=ada&', 'cursor'],
  ['/messaging/dead-letters?', 'limit'],
  ['/messaging/dead-letters?', 'after'],
  ['/messaging/dead-letters?', 'consumer'],
  ['/messaging/dead-letters?', 'key'],
  ['/messaging/dead-letters?', 'stream'],
  ['/messaging/keys/blocked?', 'limit'],
  ['/messaging/keys/blocked?', 'after'],
];

const PATHS: readonly ((value: string) => string)[] = [
  (value) => `/orders/${value}`,
  (value) => `/orders/${value}/timeline`,
  (value) => `/messaging/dead-letters/${value}`,
];

const REASON = { who: 'ada', why: 'test' };

/** Every body, and each of its fields. */
const BODIES: readonly { path: string; method: string; body: Record<string, unknown>; fields: string[] }[] = [
  {
    path: '/orders',
    method: 'POST',
    body: ORDER_BODY,
    fields: ['userId', 'email', 'currency', 'paymentToken', 'lines'],
  },
  {
    path: '/messaging/dead-letters/redrive',
    method: 'POST',
    body: { ...REASON, expected: 1 },
    fields: ['who', 'why', 'expected', 'key', 'stream', 'consumer', 'throughId'],
  },
  { path: '/messaging/dead-letters/1/redrive', method: 'POST', body: REASON, fields: ['who', 'why'] },
  { path: '/messaging/dead-letters/1/discard', method: 'POST', body: REASON, fields: ['who', 'why'] },
  {
    path: '/messaging/dead-letters/1/body',
    method: 'PUT',
    body: { ...REASON, body: '{}' },
    fields: ['who', 'why', 'body', 'bodyEncoding'],
  },
  { path: '/messaging/keys/ada/redrive', method: 'POST', body: REASON, fields: ['who', 'why', 'consumer'] },
];

/** Any status but those of the server's own faults. */
const NOT_OURS = {
  asymmetricMatch: (status: unknown) => typeof status === 'number' && status < 500,
  toString: () => 'a status below 500',
};

async function statusOf(path: string, request: { method?: string; body?: unknown } = {}): Promise<number> {
  const { method = 'GET', body } = request;
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${service.url}${path}`, { method, ...content });
  const type = response.headers.get('content-type') ?? '';
  if (response.status >= 400) expect(type).toContain('application/problem+json');
  await response.arrayBuffer();
  return response.status;
}

describe('no input is a fault of the server', () => {
  it.each(QUERIES)('%s%s', async (path, field) => {
    for (const value of NASTY) {
      const text = encodeURIComponent(
        typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value),
      );
      expect([value, await statusOf(`${path}${field}=${text}`)]).toEqual([value, NOT_OURS]);
    }
  });

  it.each(PATHS.map((path) => [path(':value'), path] as const))('%s', async (_name, path) => {
    for (const value of NASTY) {
      const text = encodeURIComponent(
        typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value),
      );
      expect([value, await statusOf(path(text))]).toEqual([value, NOT_OURS]);
    }
  });

  it.each(BODIES)('$method $path', async ({ path, method, body, fields }) => {
    for (const field of fields) {
      for (const value of NASTY) {
        const status = await statusOf(path, { method, body: { ...body, [field]: value } });
        expect([field, value, status]).toEqual([field, value, NOT_OURS]);
      }
    }
  });
});

describe('the edge agrees with the documents and the database', () => {
  it.each(['+010000-01-01T00:00:00.000Z', '-000001-01-01T00:00:00.000Z', '0000-01-01T00:00:00.000Z'])(
    'a cursor of %s is none of ours',
    async (createdAt) => {
      expect(await ask(`${service.url}/orders?userId=ada&cursor=${cursorOf(createdAt)}`)).toMatchObject({
        status: 422,
        body: { errors: [{ field: 'cursor' }] },
      });
    },
  );

  it.each(['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])(
    'a cursor of %s is one',
    async (createdAt) => {
      expect(await statusOf(`/orders?userId=ada&cursor=${cursorOf(createdAt)}`)).toBe(200);
    },
  );

  it.each(['toString', 'constructor', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    'an unknown field %s is refused like any other',
    async (name) => {
      const body = { ...ORDER_BODY, [name]: 1 };
      expect(await ask(`${service.url}/orders`, { method: 'POST', body })).toMatchObject({
        status: 422,
        body: { errors: [{ field: name, message: 'is not a known field' }] },
      });
      const lines = [{ sku: 'MUG', quantity: 1, [name]: 1 }];
      expect(
        await ask(`${service.url}/orders`, { method: 'POST', body: { ...ORDER_BODY, lines } }),
      ).toMatchObject({
        status: 422,
        body: { errors: [{ field: `lines.0.${name}` }] },
      });
      expect(await statusOf(`/orders?userId=ada&${name}=1`)).toBe(422);
    },
  );

  it('takes a new body of 1,000,000 bytes, however it is written, and not one more', async () => {
    const edit = (fields: object) =>
      statusOf('/messaging/dead-letters/1/body', { method: 'PUT', body: { ...REASON, ...fields } });
    const base64 = (bytes: number) => ({
      body: Buffer.alloc(bytes).toString('base64'),
      bodyEncoding: 'base64',
    });
    // There is no dead letter 1: 404 says that everything else was right.
    expect(await edit({ body: 'x'.repeat(1_000_000) })).toBe(404);
    expect(await edit({ body: '\u0001'.repeat(1_000_000) })).toBe(404);
    expect(await edit(base64(1_000_000))).toBe(404);
    expect(await edit({ body: 'x'.repeat(1_000_001) })).toBe(422);
    expect(await edit({ body: 'é'.repeat(500_001) })).toBe(422);
    expect(await edit(base64(1_000_001))).toBe(422);
    expect(await edit({ body: 'x'.repeat(7_000_000) })).toBe(413);
    expect(
      await statusOf('/orders', { method: 'POST', body: { ...ORDER_BODY, email: 'x'.repeat(300_000) } }),
    ).toBe(413);
  });

  it('takes a key of 128 characters in the path, and calls a longer one by its name', async () => {
    const redrive = (key: string) =>
      statusOf(`/messaging/keys/${encodeURIComponent(key)}/redrive`, { method: 'POST', body: REASON });
    expect(await redrive('x'.repeat(128))).toBe(404);
    expect(await redrive('é'.repeat(128))).toBe(404);
    expect(await redrive('x'.repeat(129))).toBe(422);
    expect(await redrive('x'.repeat(3_000))).toBe(414);
  });

  it('keeps the keys of two users apart', async () => {
    const place = (userId: string, key: string) =>
      ask(`${service.url}/orders`, {
        method: 'POST',
        headers: { 'idempotency-key': key },
        body: { ...ORDER_BODY, userId },
      });
    const [ada, grace] = [await place('ada', 'first'), await place('grace', 'first')];
    expect([ada.status, grace.status]).toEqual([201, 201]);
    expect((await place('ada', 'first')).body['orderId']).toBe(ada.body['orderId']);
    expect((await place('grace', 'first')).body['orderId']).toBe(grace.body['orderId']);
  });
});
