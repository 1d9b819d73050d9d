import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { pagesOf } from '../testing/pages.test-support.ts';
import { DeferredStore, DUE_KEYS, DUE_MESSAGES } from './deferred-store.ts';

const MANY = 100_000;
const FEW_PAGES = 300;
const PARTITIONS = [0, 1, 2, 3];

let tables: TestDatabase;

/** Due but for their dependency, or not due yet; and one of each that is. */
const FILL = [
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages, next_at, dependency)
   SELECT 'ordered', 'k' || n, n % 4, 'draining', 1, now() + CASE WHEN n % 2 = 0 THEN interval '-1 h' ELSE interval '1 h' END,
     CASE WHEN n % 2 = 0 THEN 'provider' ELSE '' END
   FROM generate_series(1, ${String(MANY)}) AS n`,
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages) VALUES ('ordered', 'due', 1, 'draining', 1)`,
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history, partition, next_at, dependency)
   SELECT 'mailer', 'k', 'm' || n, 'COUNTS', n, 'count.0.k.counted', '{}', '', now(), 'waiting', false, 0, '[]', n % 4,
     now() + CASE WHEN n % 2 = 0 THEN interval '-1 h' ELSE interval '1 h' END,
     CASE WHEN n % 2 = 0 AND n > 0 THEN 'provider' ELSE '' END
   FROM generate_series(0, ${String(MANY)}) AS n`,
  'VACUUM ANALYZE messaging.blocked_key',
  'VACUUM ANALYZE messaging.parked',
];

beforeAll(async () => {
  tables = await startMessagingDatabase();
  for (const statement of FILL) await tables.database.query(statement);
});

afterAll(async () => {
  await tables.stop();
});

describe('with 100,000 keys and messages that have to wait', () => {
  it.each([
    ['ordered', DUE_KEYS],
    ['mailer', DUE_MESSAGES],
  ])('a look for what is due reads a few pages: %s', async (consumer, statement) => {
    const values = [PARTITIONS, [consumer], [''], [2_048], 1_280];
    expect(await pagesOf(tables.database, statement, values)).toBeLessThan(FEW_PAGES);
  });

  it('finds the only one that is due, and one of those whose dependency is probed', async () => {
    const store = new DeferredStore(tables.database);
    const search = { partitions: PARTITIONS, limit: 100 };
    const plain = { consumer: 'ordered', dependency: '', most: 100 };
    expect(await store.dueKeys({ ...search, scopes: [plain] })).toEqual(['due']);
    const probe = { consumer: 'ordered', dependency: 'provider', most: 1 };
    const [first] = PARTITIONS;
    expect(await store.dueKeys({ ...search, partitions: [first ?? 0], scopes: [probe] })).toHaveLength(1);
    expect(await store.dueMessages({ ...search, scopes: [{ ...plain, consumer: 'mailer' }] })).toHaveLength(
      1,
    );
  });

  it('what waits for a dependency that no handler names any more waits for its time only', async () => {
    const store = new DeferredStore(tables.database);
    await store.forgetDependencies([0], ['another']);
    const scope = { consumer: 'ordered', dependency: '', most: 100 };
    expect(await store.dueKeys({ partitions: [0], scopes: [scope], limit: 100 })).toHaveLength(100);
  });

  it('a partition that has little has its turn beside one whose messages have been due for longer', async () => {
    const { database } = tables;
    await database.query('TRUNCATE messaging.blocked_key, messaging.parked');
    await database.query(
      `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages, next_at)
       SELECT 'ordered', 'old' || n, 0, 'draining', 1, now() - interval '1 h' FROM generate_series(1, 1000) AS n
       UNION ALL SELECT 'ordered', 'young', 1, 'draining', 1, now() - interval '1 s'`,
    );
    await database.query(
      `INSERT INTO messaging.parked (id, consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
         state, blocks, attempts, history, partition, next_at)
       OVERRIDING SYSTEM VALUE
       SELECT n, 'mailer', 'k', 'm' || n, 'COUNTS', n, 'count.0.k.counted', '{}', '', now(), 'waiting', false, 0, '[]',
         CASE WHEN n = 1001 THEN 1 ELSE 0 END, now() - CASE WHEN n = 1001 THEN interval '1 s' ELSE interval '1 h' END
       FROM generate_series(1, 1001) AS n`,
    );
    const store = new DeferredStore(database);
    const search = { partitions: PARTITIONS, limit: 100 };
    const scope = { dependency: '', most: 100 };
    expect(await store.dueKeys({ ...search, scopes: [{ ...scope, consumer: 'ordered' }] })).toContain(
      'young',
    );
    expect(await store.dueMessages({ ...search, scopes: [{ ...scope, consumer: 'mailer' }] })).toContain(
      1_001,
    );
  });
});

it('says how much is stored of a key, also while the key has to wait', async () => {
  await tables.database.query(
    `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages, next_at) VALUES
     ('ordered', 'now', 1, 'draining', 3, now()), ('ordered', 'later', 2, 'draining', 3, now() + interval '1 h'),
     ('ordered', 'dead', 3, 'blocked', 3, now())`,
  );
  await tables.database.query(
    `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
       state, blocks, attempts, history)
     SELECT 'ordered', key, key || n, 'COUNTS', n, 'count.0.k.counted', '{}', 'x', now(),
       CASE WHEN key = 'dead' AND n = 1 THEN 'dead' ELSE 'waiting' END, true, 0, '[]'
     FROM unnest('{now,later,dead}'::text[]) AS key, generate_series(1, 3) AS n`,
  );
  const store = new DeferredStore(tables.database);
  const keys = ['later', 'now', 'flows', 'dead'];
  const { runs, isFull } = await store.loadKeys(keys, { perKey: 2, bytes: 1_000 });
  expect(isFull).toBe(false);
  expect(
    runs.map(({ messages, ...run }) => ({ ...run, read: messages.map((held) => held.messageId) })),
  ).toEqual([
    { key: 'later', partition: 2, stored: 3, read: [] },
    { key: 'now', partition: 1, stored: 3, read: ['now1', 'now2'] },
    { key: 'flows', partition: -1, stored: 0, read: [] },
    { key: 'dead', partition: 3, stored: 3, read: [] },
  ]);
});
