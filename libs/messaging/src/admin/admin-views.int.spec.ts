import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type AdministeredService, startAdministered } from '../testing/admin.test-support.ts';
import { REASON } from '../testing/repair.test-support.ts';

let administered: AdministeredService;
let call: AdministeredService['call'];

beforeAll(async () => {
  administered = await startAdministered();
  ({ call } = administered);
});

afterAll(async () => {
  await administered.stop();
});

describe('input that is not allowed', () => {
  it.each([
    ['POST', '/dead-letters/1/redrive', { who: 'ada' }, 'why'],
    ['POST', '/dead-letters/1/redrive', { who: ' ', why: 'because' }, 'who'],
    ['POST', '/dead-letters/1/discard', { who: 'a'.repeat(201), why: 'because' }, 'who'],
    ['POST', '/dead-letters/1/discard', { who: 'ada', why: 'b'.repeat(1_001) }, 'why'],
    ['POST', '/dead-letters/redrive', REASON, 'expected'],
    ['POST', '/dead-letters/redrive', { ...REASON, expected: 1, kye: 'u1' }, 'kye'],
    ['PUT', '/dead-letters/1/body', REASON, 'body'],
    ['PUT', '/dead-letters/1/body', { ...REASON, body: 'no base64!', bodyEncoding: 'base64' }, 'body'],
    ['POST', '/keys/a.b/redrive', REASON, 'key'],
    ['GET', '/dead-letters/one', undefined, 'id'],
    ['GET', '/dead-letters?limit=0', undefined, 'limit'],
    ['GET', '/dead-letters?after=x', undefined, 'after'],
    ['GET', '/keys/blocked?limit=201', undefined, 'limit'],
  ])('%s %s refuses %j and names %s', async (method, path, body, field) => {
    const { status, body: answer } = await call(method, path, body);
    expect(status).toBe(422);
    expect(JSON.stringify(answer['message'])).toMatch(new RegExp(`\\b${field}\\b`));
  });
});

describe('what operators see of the broker', () => {
  it('begins with whose it is', async () => {
    const { body } = await call('GET', '');
    expect(body).toEqual({ service: 'ledger', instance: expect.stringMatching(/^ledger-/), partitions: 16 });
  });

  it('are the streams with their limits', async () => {
    const { body } = await call('GET', '/streams');
    expect(body['items']).toMatchObject([
      {
        name: 'COUNTS',
        owner: 'ledger',
        owned: true,
        replicas: 1,
        limits: { maxAgeMs: 604_800_000, maxBytes: 1_073_741_824 },
      },
      { name: 'DEAD_LETTERS', owned: false },
    ]);
  });

  it('are the consumers of the service, with the instance that holds each partition', async () => {
    const items = await eventually(
      async () => {
        const { body } = await call('GET', '/consumers');
        const found = body['items'] as { name: string; kind: string; owner: string | null }[];
        return found.length === 17 ? found : undefined;
      },
      { what: 'one consumer for each partition, and one for what no contract knows' },
    );
    expect(items[0]).toMatchObject({
      name: 'ledger-COUNTS-00',
      kind: 'ordered',
      partition: 0,
      owner: expect.stringMatching(/^ledger-/),
    });
    expect(items.at(-1)).toMatchObject({
      name: expect.stringMatching(/^ledger-COUNTS-unrouted-/),
      kind: 'unrouted',
      partition: null,
      pending: 0,
      owner: expect.stringMatching(/^ledger-/),
    });
  });

  it('is the outbox', async () => {
    expect(await call('GET', '/outbox')).toMatchObject({
      status: 200,
      body: { unpublished: 0, delayed: 0, oldestAgeMs: null, relay: expect.stringMatching(/^ledger-/) },
    });
  });
});
