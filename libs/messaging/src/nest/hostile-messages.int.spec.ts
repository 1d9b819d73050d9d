import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import {
  deadLetters,
  ledgerOf,
  parkedOf,
  publishBytes,
  publishRaw,
  recordEffect,
} from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

const RETRY = { firstDelayMs: 10, maxDelayMs: 20, maxAttempts: 2 };
const thrown = new Map<string, unknown>();

@Controller()
class Ledger {
  @Subscribe(Counted, { retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    if (event.mode === 'slow') await new Promise(() => undefined);
    if (thrown.has(event.userId)) throw thrown.get(event.userId);
    await recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
class Caller {
  @Subscribe(Counted, { kind: 'external', retry: RETRY })
  handle(): void {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }
}

const ok = (userId: string, n = 1): Counted => contract(Counted, { userId, n, mode: 'ok' });

let brokers: TestBrokers;
let service: TestService | undefined;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service?.stop();
  thrown.clear();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

const start = async (
  controller: typeof Ledger | typeof Caller = Ledger,
  idleInTransactionTimeoutMs = 5_000,
): Promise<TestService> => {
  const spec = { name: 'ledger', controllers: [controller], streams: [COUNTS], idleInTransactionTimeoutMs };
  service = await brokers.startService(spec);
  return service;
};

/** Users of every partition: none of them may notice. */
const OTHERS = [...Array(20).keys()].map((index) => `other${String(index)}`);

const othersAreHandled = async ({ publish, database }: TestService): Promise<void> => {
  for (const user of OTHERS) await publish(ok(user));
  expect(new Set((await ledgerOf(database, OTHERS.length)).map((row) => row.user_id)).size).toBe(
    OTHERS.length,
  );
};

describe('a message that cannot be stored as it is holds up nobody and is kept', () => {
  it.each([
    ['a field name with NUL', '{"userId":"u1","n":1,"mode":"ok","\\u0000":1}', {}],
    ['a lone surrogate', '{"userId":"u1","n":1,"mode":"\\ud800"}', {}],
    [
      'thousands of unknown fields',
      JSON.stringify(Object.fromEntries([...Array(5_000).keys()].map((i) => [`f${String(i)}`, i]))),
      {},
    ],
    ['a body of another key', '{"userId":"u2","n":1,"mode":"ok"}', {}],
  ])('%s', async (_, body, headers) => {
    const started = await start();
    await publishRaw(brokers, 'count.u1.counted', body, { headers });
    await othersAreHandled(started);
    expect(await parkedOf(started.database, 1)).toMatchObject([{ key: 'u1', state: 'dead', attempts: 1 }]);
    expect(await deadLetters(brokers, 1)).toHaveLength(1);
  });

  const EMOJI = '\u{1F600}';

  it.each([
    ['whose reason is cut within a pair', 'u1', `{"${EMOJI.repeat(900)}":1}`, {}],
    [
      'with a header that is cut within a pair',
      'u1',
      'not json',
      { 'x-note': `${'a'.repeat(4_095)}${EMOJI}tail` },
    ],
    [
      'with headers that leave no room for ours',
      'u1',
      'not json',
      Object.fromEntries(
        [...Array(16).keys()].map((n) => [`x-${String(n)}`, 'x'.repeat(n === 15 ? 3_800 : 4_090)]),
      ),
    ],
    [
      'of a key that no index entry holds',
      [...Array(900).keys()].map((n) => String.fromCodePoint(0x4e00 + n * 23)).join(''),
      'not json',
      {},
    ],
    ['that nests too deep', 'u1', `{"userId":"u1","n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, {}],
    [
      'with a field named like a method of all objects',
      'u1',
      '{"userId":"u1","n":1,"mode":"ok","toString":1}',
      {},
    ],
  ])('one %s is a dead letter at its first attempt, and its copy arrives', async (_, key, body, headers) => {
    const started = await start();
    await publishRaw(brokers, `count.${key}.counted`, body, { headers });
    await othersAreHandled(started);
    expect(await parkedOf(started.database, 1)).toMatchObject([{ state: 'dead', attempts: 1 }]);
    expect(await deadLetters(brokers, 1)).toHaveLength(1);
  });

  it('one whose headers the database refuses is kept without them', async () => {
    const started = await start();
    const refuse = `
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`;
    await started.database.query(refuse);
    await started.database.query(`
      CREATE TRIGGER refuse BEFORE INSERT ON messaging.parked FOR EACH ROW
      WHEN (NEW.headers ? 'x-note') EXECUTE FUNCTION refuse()`);
    const headers = { 'x-note': 'odd', 'ce-type': 'count.counted.v1' };
    await publishRaw(brokers, 'count.u1.counted', 'not json', { headers });
    await othersAreHandled(started);
    expect(await parkedOf(started.database, 1)).toMatchObject([
      {
        state: 'dead',
        attempts: 1,
        headers: { 'ce-type': 'count.counted.v1' },
        payload: Buffer.from('not json'),
        reason: expect.stringMatching(/could not be recorded in full: refused/),
      },
    ]);
    expect(await deadLetters(brokers, 1)).toHaveLength(1);
  });

  it('an id that no index takes', async () => {
    const started = await start();
    await publishRaw(brokers, 'count.u1.counted', JSON.stringify(ok('u1', 7)), { id: 'x'.repeat(3_000) });
    const [row] = await ledgerOf(started.database, 1);
    expect(row?.message_id).toMatch(/^COUNTS:1@/);
  });

  it('headers that the client cannot read', async () => {
    const started = await start();
    await publishBytes(
      brokers,
      'count.u1.counted',
      'NATS/1.0\r\nbad name: x\r\n\r\n',
      JSON.stringify(ok('u1')),
    );
    await othersAreHandled(started);
    expect(await parkedOf(started.database, 1)).toMatchObject([
      { state: 'dead', reason: 'The headers cannot be read.' },
    ]);
  });

  it('an unknown event whose name the database refuses', async () => {
    const started = await start();
    await publishBytes(brokers, 'count.u1.fro\0b', 'NATS/1.0\r\n\r\n', '{}');
    expect(await parkedOf(started.database, 1)).toMatchObject([
      { state: 'dead', subject: expect.stringMatching(/\.u1\.fro\uFFFDb$/) },
    ]);
    await othersAreHandled(started);
  });

  it('a body too large to be copied', async () => {
    const started = await start();
    await publishRaw(brokers, 'count.u1.counted', new Uint8Array(900_000).fill(0xff), {});
    await othersAreHandled(started);
    const [copy] = await deadLetters(brokers, 1);
    expect(copy?.headers['orderflow-body']).toBe('omitted');
    expect((await parkedOf(started.database, 1))[0]?.payload).toHaveLength(900_000);
  });
});

describe('whatever a handler throws is settled, and holds up nobody', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;

  it.each([
    ['a circular object', circular],
    ['a BigInt', 10n],
    ['undefined', undefined],
    ['an error with NUL', new Error('a\0b')],
    ['an error of a megabyte', new Error('x'.repeat(1_000_000))],
    ['an error that is cut within a pair', new Error(`${'x'.repeat(999)}\u{1F600}`)],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('x'), 'message', { get: (): unknown => JSON.parse('') }),
    ],
    ['an error whose message is no text', Object.assign(new Error('x'), { message: 7 })],
  ])('%s', async (_, value) => {
    const started = await start();
    thrown.set('u1', value);
    await started.publish(ok('u1'));
    await othersAreHandled(started);
    const [row] = await parkedOf(started.database, 1);
    expect(row).toMatchObject({ state: 'dead', attempts: 2 });
    expect(row?.reason?.length).toBeLessThanOrEqual(1_000);
  });
});

it('a transactional handler that never returns is ended by the database, counted, and holds up nobody for good', async () => {
  const started = await start(Ledger, 1_000);
  await started.publish(contract(Counted, { userId: 'u1', n: 1, mode: 'slow' }));
  await othersAreHandled(started);
  expect(await parkedOf(started.database, 1)).toMatchObject([{ key: 'u1', attempts: 2 }]);
});

it('a refused connection of what a handler calls is not taken for a lost database', async () => {
  const started = await start(Caller);
  await started.publish(ok('u1'));
  expect(await parkedOf(started.database, 1)).toMatchObject([
    { attempts: 2, reason: 'connect ECONNREFUSED' },
  ]);
});
