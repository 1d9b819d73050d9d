import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, headers } from '@nats-io/transport-node';
import { freshDatabase } from '@orderflow/testing';
import { Outbox } from '../src/index.ts';
import { startBrokers, type TestBrokers, type TestService } from '../src/testing/harness.test-support.ts';
import {
  createReceived,
  fact,
  FACT_TYPES,
  FACTS,
  received,
  type ReceivedRow,
  recorderOf,
} from './facts.test-support.ts';

let brokers: TestBrokers;
const services: TestService[] = [];

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await brokers.forget(FACTS, 'DEAD_LETTERS');
});

afterAll(() => brokers.stop());

/** The service that owns the stream, or another one that only reads it, with a handler for each of these types. */
async function start(name: string, types = FACT_TYPES.slice(0, 1)): Promise<TestService> {
  const { url } = await freshDatabase('delivery');
  await createReceived(url);
  const service = await brokers.startService({
    name,
    databaseUrl: url,
    controllers: types.map(recorderOf),
    streams: name === FACTS.owner ? [FACTS] : [],
    options: { contracts: name === FACTS.owner ? FACT_TYPES : [] },
  });
  services.push(service);
  return service;
}

const idsOf = (rows: readonly ReceivedRow[]): string[] => rows.map((row) => row.message_id).toSorted();

async function addMany(service: TestService, count: number): Promise<string[]> {
  const facts = Array.from({ length: count }, (_, n) => fact(0, `user-${n % 7}`, n));
  return await service.database.transaction((tx) => service.app.get(Outbox).add(tx, facts));
}

const TEXTS = ['', 'plain', 'Grüße, мир, 世界 🌍', '"quoted" \\ back\nslash\ttab', '{"json":[1,2]}'];

describe('100 messages with headers', () => {
  it('arrive equal from the outbox', async () => {
    const service = await start('facts');
    const facts = Array.from({ length: 100 }, (_, n) => fact(0, `user-${n % 3}`, n, TEXTS[n % TEXTS.length]));
    const ids = await service.database.transaction((tx) => service.app.get(Outbox).add(tx, facts));
    const rows = (await received(service.database, 100)).toSorted((a, b) => a.n - b.n);
    expect(rows.map(({ user_id, n, text }) => ({ userId: user_id, n, text }))).toEqual(
      facts.map(({ userId, n, text }) => ({ userId, n, text })),
    );
    expect(rows.map((row) => row.message_id)).toEqual(ids);
    const sent = await service.database.query<{ message_id: string; headers: Record<string, string> }>(
      'SELECT message_id, headers FROM messaging.publication',
    );
    const sentOf = new Map(sent.map((row) => [row.message_id, row.headers]));
    for (const row of rows) expect(row.headers).toMatchObject(sentOf.get(row.message_id) ?? { none: true });
  });

  it('arrive equal from a foreign publisher', async () => {
    const service = await start('facts');
    const connection = await connect({ servers: brokers.nats.url });
    const bodies = Array.from({ length: 100 }, (_, n) => ({
      userId: 'u1',
      n,
      text: TEXTS[n % TEXTS.length] ?? '',
    }));
    const extras = bodies.map(({ n }) => ({
      'x-number': String(n),
      'X-Mixed-Case': `value of ${n}`,
      'x-spaces': 'a  b',
    }));
    for (const [n, body] of bodies.entries()) {
      const wanted = headers();
      for (const [name, value] of Object.entries(extras[n] ?? {})) wanted.set(name, value);
      wanted.set('Nats-Msg-Id', `foreign-${n}`);
      await connection.request('fact.u1.kind-0', JSON.stringify(body), { headers: wanted, timeout: 5_000 });
    }
    await connection.close();
    const rows = await received(service.database, 100);
    expect(rows.map(({ user_id, n, text }) => ({ userId: user_id, n, text }))).toEqual(bodies);
    expect(rows.map((row) => row.headers)).toEqual(
      bodies.map(({ n }) => ({
        'nats-msg-id': `foreign-${n}`,
        'x-number': String(n),
        'x-mixed-case': `value of ${n}`,
        'x-spaces': 'a  b',
      })),
    );
  });
});

describe('5,000 messages from 50 publishers to 50 lanes', () => {
  it("arrive once each, those of a publisher to a lane in the publisher's order", async () => {
    const service = await start('facts');
    const lanes = Array.from({ length: 50 }, (_, lane) => `lane-${lane}`);
    const publishers = Array.from({ length: 50 }, (_, number) => number);
    const ids = await Promise.all(publishers.map((publisher) => publishTo(service, lanes, publisher)));
    const rows = await received(service.database, 5_000);
    expect(idsOf(rows)).toEqual(ids.flat().toSorted());
    for (const [, lane] of Map.groupBy(rows, (row) => `${row.text} ${row.user_id}`)) {
      const order = lane.map((row) => row.n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });
});

/** 100 messages of one publisher, ten to a lane in each transaction. */
async function publishTo(
  service: TestService,
  lanes: readonly string[],
  publisher: number,
): Promise<string[]> {
  const outbox = service.app.get(Outbox);
  const ids: string[] = [];
  for (let n = 0; n < 100; n += 10) {
    const lane = lanes[(publisher + n) % lanes.length] ?? '';
    const facts = Array.from({ length: 10 }, (_, i) => fact(0, lane, n + i, `publisher-${publisher}`));
    ids.push(...(await service.database.transaction((tx) => outbox.add(tx, facts))));
  }
  return ids;
}

describe('20 event types side by side', () => {
  it('reach their own handlers, in the order of their key across all types', async () => {
    const service = await start('facts', [...FACT_TYPES]);
    const facts = Array.from({ length: 600 }, (_, n) => fact(n % 20, `user-${n % 4}`, n));
    await service.database.transaction((tx) => service.app.get(Outbox).add(tx, facts));
    const rows = await received(service.database, 600);
    for (const row of rows) expect(row.type).toBe(`fact.kind-${row.n % 20}.v1`);
    for (const [, own] of Map.groupBy(rows, (row) => row.user_id)) {
      const order = own.map((row) => row.n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });
});

describe('two services', () => {
  it('get all messages each', async () => {
    const owner = await start('facts');
    const reader = await start('reader');
    const ids = await addMany(owner, 500);
    expect(idsOf(await received(owner.database, 500))).toEqual(ids.toSorted());
    expect(idsOf(await received(reader.database, 500))).toEqual(ids.toSorted());
  });

  it('of which one starts late get what was there, and what comes', async () => {
    const owner = await start('facts');
    const before = await addMany(owner, 300);
    await received(owner.database, 300);
    const late = await start('latecomer');
    const after = await addMany(owner, 20);
    expect(idsOf(await received(late.database, 320))).toEqual([...before, ...after].toSorted());
  });
});
