import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type AdministeredService, startAdministered } from '../testing/admin.test-support.ts';
import type { TestBrokers, TestService } from '../testing/harness.test-support.ts';
import { ledgerOf, publishRaw } from '../testing/ledger.test-support.ts';
import { breakAt, counted, deadIds, mend, REASON } from '../testing/repair.test-support.ts';

let administered: AdministeredService;
let brokers: TestBrokers;
let service: TestService;
let call: AdministeredService['call'];

beforeAll(async () => {
  administered = await startAdministered();
  ({ brokers, service, call } = administered);
});

afterAll(async () => {
  await administered.stop();
});

/** A key with a dead letter, 1, and 2 behind it. */
async function blocked(key: string): Promise<number> {
  const before = (await call('GET', '/dead-letters?limit=200')).body['items'] as object[];
  await breakAt(service.database, key, 1);
  await service.publish(counted(key, 1));
  const ids = await deadIds(service, before.length + 1);
  await service.publish(counted(key, 2));
  const parked = 'SELECT FROM messaging.parked WHERE key = $1';
  await eventually(async () => (await service.database.query(parked, [key])).length === 2, {
    what: '2 behind it',
  });
  return ids.at(-1) ?? 0;
}

async function effects(key: string): Promise<number[]> {
  const rows = await service.database.query<{ n: number }>(
    'SELECT n FROM ledger WHERE user_id = $1 ORDER BY id',
    [key],
  );
  return rows.map((row) => row.n);
}

describe('dead letters over HTTP', () => {
  it('are listed in pages, shown, and redriven with who and why', async () => {
    const id = await blocked('u1');
    const { body: page } = await call('GET', '/dead-letters?key=u1&consumer=ordered&stream=COUNTS');
    expect(page).toMatchObject({
      items: [{ id, key: 'u1', reason: 'it is broken', state: 'dead', blocks: true, behind: 1 }],
      next: null,
    });
    expect(await call('GET', '/keys/blocked')).toMatchObject({
      body: { items: [{ key: 'u1', state: 'blocked', parked: 2 }] },
    });
    await mend(service.database);
    expect(await call('POST', `/dead-letters/${String(id)}/redrive`, REASON)).toMatchObject({
      status: 202,
      body: { ids: [id] },
    });
    expect((await ledgerOf(service.database, 2)).map((row) => row.n)).toEqual([1, 2]);
    expect(await call('POST', `/dead-letters/${String(id)}/redrive`, REASON)).toMatchObject({ status: 404 });
    expect(await call('GET', `/dead-letters/${String(id)}`)).toMatchObject({ status: 404 });
  });

  it('are edited, and discarded', async () => {
    const id = await blocked('u2');
    const body = JSON.stringify(counted('u2', 20));
    expect(await call('PUT', `/dead-letters/${String(id)}/body`, { ...REASON, body })).toMatchObject({
      status: 200,
    });
    expect(await call('GET', `/dead-letters/${String(id)}`)).toMatchObject({
      body: {
        body,
        bodyEncoding: 'utf8',
        interventions: [{ action: 'edit', ...REASON }],
        headers: { 'ce-type': 'count.counted.v1' },
      },
    });
    const bytes = Buffer.from([0xff, 0x00]).toString('base64');
    await call('PUT', `/dead-letters/${String(id)}/body`, { ...REASON, body: bytes, bodyEncoding: 'base64' });
    expect(await call('GET', `/dead-letters/${String(id)}`)).toMatchObject({
      body: { body: bytes, bodyEncoding: 'base64' },
    });
    expect(await call('POST', `/dead-letters/${String(id)}/discard`, REASON)).toMatchObject({ status: 200 });
    expect((await ledgerOf(service.database, 3)).at(-1)).toMatchObject({ user_id: 'u2', n: 2 });
  });

  it('are redriven by key, and many at once only when they are as many as were looked at', async () => {
    await blocked('u3');
    await blocked('u4');
    await mend(service.database);
    const wrong = await call('POST', '/dead-letters/redrive', { ...REASON, stream: 'COUNTS', expected: 1 });
    expect(wrong).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('2 dead letters match, not 1') },
    });
    expect(await call('POST', '/keys/u3/redrive', REASON)).toMatchObject({ status: 202 });
    expect(await call('POST', '/keys/nobody/redrive', REASON)).toMatchObject({ status: 404 });
    expect(
      await call('POST', '/dead-letters/redrive', { ...REASON, stream: 'COUNTS', expected: 1 }),
    ).toMatchObject({ status: 202 });
    await ledgerOf(service.database, 7);
    expect(await effects('u3')).toEqual([1, 2]);
    expect(await effects('u4')).toEqual([1, 2]);
  });

  it('without a handler are refused with what to do', async () => {
    await publishRaw(brokers, 'count.u5.frobnicated', '{}', {});
    const [id = 0] = await deadIds(service, 1);
    const refused = await call('POST', `/dead-letters/${String(id)}/redrive`, REASON);
    expect(refused).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/deploy one first/i) },
    });
    expect(
      await call('POST', '/dead-letters/discard', { ...REASON, consumer: 'unrouted', expected: 1 }),
    ).toMatchObject({ status: 200, body: { ids: [id] } });
  });

  it('come in pages that leave nothing out', async () => {
    for (const key of ['p1', 'p2', 'p3']) await blocked(key);
    const seen: unknown[] = [];
    for (let after = '0'; after !== 'null';) {
      const { body } = await call('GET', `/dead-letters?limit=2&after=${after}`);
      seen.push(...(body['items'] as { key: string }[]).map((item) => item.key));
      after = String(body['next']);
    }
    expect(seen).toEqual(['p1', 'p2', 'p3']);
    const first = await call('GET', '/keys/blocked?limit=2');
    const second = await call('GET', `/keys/blocked?limit=2&after=${String(first.body['next'])}`);
    expect(
      [first, second].map(({ body }) => (body['items'] as { key: string }[]).map((item) => item.key)),
    ).toEqual([['p1', 'p2'], ['p3']]);
    await mend(service.database);
    await call('POST', '/dead-letters/redrive', { ...REASON, expected: 3 });
    await ledgerOf(service.database, 13);
  });
});
