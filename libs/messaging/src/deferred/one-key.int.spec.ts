import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { pagesOf } from '../testing/pages.test-support.ts';
import { SETTLE } from './blocked-keys.ts';
import { PEEK, TAKE } from './deferred-claims.ts';
import { LOAD_KEYS } from './deferred-store.ts';

const HOT = 300_000;
const OTHERS = Array.from({ length: 100 }, (_, n) => `other${String(n + 1)}`);
/** Of a key: its row, its messages and its changed row, each found by an index of a few levels. */
const PAGES_OF_KEYS = 40 * OTHERS.length;

const PILE_UP = [
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages)
   SELECT 'ordered', CASE n WHEN 0 THEN 'hot' ELSE 'other' || n END, 1, 'draining', 1 FROM generate_series(0, 100) AS n`,
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history)
   SELECT 'ordered', CASE WHEN n > ${String(HOT)} THEN 'other' || n - ${String(HOT)} ELSE 'hot' END, 'm' || n, 'COUNTS', n,
     'count.0.k.counted', '{}', convert_to(repeat('x', 300), 'UTF8'), now(), 'waiting', true, 0, '[]'
   FROM generate_series(1, ${String(HOT + OTHERS.length)}) AS n`,
  'ANALYZE messaging.parked',
];

let tables: TestDatabase;

beforeAll(async () => {
  tables = await startMessagingDatabase();
  for (const statement of PILE_UP) await tables.database.query(statement);
});

afterAll(async () => {
  await tables.stop();
});

/** Nearly every message is one of it: the planner expects to meet any key's first one at once, wherever it reads. */
describe('300,000 messages of one key, as the statistics say, are not read', () => {
  it.each([1, 128])('to load others: %d of each', async (perKey) => {
    const values = ['ordered', OTHERS, perKey, 16_777_216];
    expect(await pagesOf(tables.database, LOAD_KEYS, values)).toBeLessThan(PAGES_OF_KEYS);
  });

  const ids = OTHERS.map((_, n) => HOT + n + 1);

  it('to look whether others are the first of their keys', async () => {
    expect(await pagesOf(tables.database, PEEK, ['ordered', ids])).toBeLessThan(PAGES_OF_KEYS);
  });

  it('to take others', async () => {
    expect(await pagesOf(tables.database, TAKE, ['ordered', ids])).toBeLessThan(PAGES_OF_KEYS);
  });

  it('to settle others', async () => {
    const values = ['ordered', OTHERS, OTHERS.map(() => -1)];
    expect(await pagesOf(tables.database, SETTLE, values)).toBeLessThan(PAGES_OF_KEYS);
  });
});
