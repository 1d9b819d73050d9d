import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { pagesOf } from '../testing/pages.test-support.ts';
import { DeferredStore, FORGET_DEPENDENCIES, LOAD_KEYS, LOAD_MESSAGES } from './deferred-store.ts';

const FEW_PAGES = 300;
const PARTITIONS = [0, 1, 2, 3];

let tables: TestDatabase;

/** Statistics are made in the minute after: until then the planner guesses. */
const PILE_UP = [
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages, dependency)
   SELECT 'ordered', 'k' || n, n % 4, 'draining', 1, CASE WHEN n % 4 = 0 THEN 'provider' ELSE '' END
   FROM generate_series(1, 300000) AS n`,
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history, partition, next_at, dependency)
   SELECT 'ordered', CASE WHEN n > 300000 THEN 'hot' ELSE 'k' || n END, 'm' || n, 'COUNTS', n, 'count.0.k.counted', '{}',
     convert_to(repeat('x', 300), 'UTF8'), now(), 'waiting', true, 0, '[]', NULL, NULL, ''
   FROM generate_series(1, 400000) AS n`,
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages) VALUES ('ordered', 'hot', 1, 'draining', 100000)`,
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history, partition, next_at, dependency)
   SELECT 'mailer', 'k', 'g' || n, 'COUNTS', n, 'count.0.k.counted', '{}', convert_to(repeat('x', 300), 'UTF8'), now(),
     'waiting', false, 0, '[]', n % 4, now(), 'provider'
   FROM generate_series(1, 100000) AS n`,
];

beforeAll(async () => {
  tables = await startMessagingDatabase();
  for (const statement of PILE_UP) await tables.database.query(statement);
});

afterAll(async () => {
  await tables.stop();
});

describe('after a pile-up of 500,000 messages, of which there are no statistics yet', () => {
  const KEYS = Array.from({ length: 256 }, (_, n) => `k${String(n * 1_000)}`);
  /** Of a key: its row, and its messages, each found by an index of a few levels. */
  const PAGES_OF_KEYS = 20 * KEYS.length;

  it.each([1, 128])('runs are loaded by key: %d of each', async (perKey) => {
    expect(await pagesOf(tables.database, LOAD_KEYS, ['ordered', KEYS, perKey, 16_777_216])).toBeLessThan(
      PAGES_OF_KEYS,
    );
  });

  it('a run of a key that has 100,000 reads no more than itself', async () => {
    expect(await pagesOf(tables.database, LOAD_KEYS, ['ordered', ['hot'], 128, 16_777_216])).toBeLessThan(
      1_000,
    );
  });

  it('messages of queue groups are loaded by their numbers', async () => {
    const ids = KEYS.map((_, n) => 400_001 + n * 300);
    expect(await pagesOf(tables.database, LOAD_MESSAGES, [ids, 16_777_216])).toBeLessThan(PAGES_OF_KEYS);
  });

  it.each(FORGET_DEPENDENCIES)(
    'a partition that was taken is not searched for dependencies that are known',
    async (statement) => {
      expect(await pagesOf(tables.database, statement, [PARTITIONS, ['provider']])).toBeLessThan(FEW_PAGES);
    },
  );

  it('dependencies that are not known any more are forgotten, however many wait for them', async () => {
    const store = new DeferredStore(tables.database);
    while (!(await store.forgetDependencies(PARTITIONS, ['another'])));
    const waiting = await tables.database.query(
      `SELECT FROM messaging.blocked_key WHERE dependency <> '' UNION ALL SELECT FROM messaging.parked WHERE dependency <> ''`,
    );
    expect(waiting).toHaveLength(0);
  });
});
