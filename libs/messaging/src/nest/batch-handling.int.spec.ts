import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Database } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { MessagingTestKit } from '../testing.ts';
import { BatchLedger, calls, counted, weighed } from '../testing/batch-ledger.test-support.ts';
import { LEDGER } from '../testing/harness.test-support.ts';
import { ledgerOf } from '../testing/ledger.test-support.ts';

let fresh: FreshDatabase;
let database: Database;
let kit: MessagingTestKit;
let close: () => Promise<void>;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = new Database({ url: fresh.url, applicationName: 'batch-handling' });
  await database.query(LEDGER);
  const module = await Test.createTestingModule({ controllers: [BatchLedger] }).compile();
  const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
  kit = await MessagingTestKit.create({ app, database });
  close = () => app.close();
});

beforeEach(async () => {
  calls.splice(0);
  await database.query('TRUNCATE ledger, messaging.blocked_key');
});

afterAll(async () => {
  await close();
  await database.close();
  await fresh.drop();
});

describe('a batch handler', () => {
  it('gets many events at once, and never two of one key', async () => {
    const events = ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'].map((name) => counted(name));
    expect(await kit.deliverBatch(events)).toEqual(Array(6).fill('handled'));
    expect(calls).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']]);
  });

  it('and handlers of single events take turns in a key, in its order', async () => {
    const events = [counted('d1'), weighed('d2'), weighed('d3'), counted('d4'), weighed('e1'), counted('e2')];
    expect(await kit.deliverBatch(events)).toEqual(Array(6).fill('handled'));
    const rows = await ledgerOf(database, 6);
    const numbersOf = (key: string): number[] =>
      rows.filter((row) => row.user_id === key).map((row) => row.n);
    expect([numbersOf('d'), numbersOf('e')]).toEqual([
      [1, 2, 3, 4],
      [1, 2],
    ]);
  });

  it('that throws lets the others of its batch take effect, each once, and the failed one wait with its key', async () => {
    const events = [counted('f1'), counted('g1', 'fail'), counted('h1'), counted('g2'), counted('f2')];
    expect(await kit.deliverBatch(events)).toEqual(['handled', 'retrying', 'handled', 'unknown', 'handled']);
    expect((await ledgerOf(database, 3)).map((row) => `${row.user_id}${String(row.n)}`)).toEqual([
      'f1',
      'h1',
      'f2',
    ]);
    const attempts = await database.query('SELECT key, attempts FROM messaging.attempt');
    expect(attempts).toEqual([{ key: 'g', attempts: 1 }]);
  });

  it('that throws is called a few times more to find the failing event, not once for each of its neighbours', async () => {
    const keys = Array.from({ length: 64 }, (_, index) => String.fromCharCode(0x400 + index));
    const events = keys.map((key, index) => counted(`${key}1`, index === 40 ? 'fail' : 'ok'));
    const states = await kit.deliverBatch(events);
    expect(states.filter((state) => state === 'handled')).toHaveLength(63);
    expect(states[40]).toBe('retrying');
    expect(calls.flat()).toHaveLength(63);
    expect(calls.length).toBeLessThanOrEqual(6);
  });

  it('is not called with a body that nobody can read, which fails alone', async () => {
    const events = [counted('i1'), counted('j1'), counted('k1'), counted('j2')];
    const states = await kit.deliverBatch(events, [{}, { body: '{"userId":' }]);
    expect(states).toEqual(['handled', 'dead', 'handled', 'parked']);
    expect(calls.flat().toSorted()).toEqual(['i1', 'k1']);
  });

  it('is skipped by what has been handled before', async () => {
    const once = { messageId: 'the-same' };
    await kit.deliverBatch([counted('l1')], [once]);
    const states = await kit.deliverBatch([counted('l1'), counted('m1')], [{ ...once, sequence: 900 }]);
    expect(states).toEqual(['handled', 'handled']);
    expect(calls).toEqual([['l1'], ['m1']]);
  });

  it('is behind what Nest puts around it, with all its events as the payload', async () => {
    expect(await kit.deliverBatch([counted('n1'), counted('o1', 'slow')])).toEqual(['handled', 'retrying']);
    // The guard let the first one through only when it came without the other.
    expect(calls).toEqual([['n1']]);
  });

  it('that says which event a delivery is of is refused when a pipe has dropped some', async () => {
    expect(await kit.deliverBatch([counted('p1', 'fail-once')])).toEqual(['dead']);
    const [attempt] = await database.query<{ history: { error: string }[] }>(
      "SELECT history FROM messaging.parked WHERE key = 'p'",
    );
    expect(attempt?.history[0]?.error).toMatch(/0 events for 1 deliveries/);
  });
});
