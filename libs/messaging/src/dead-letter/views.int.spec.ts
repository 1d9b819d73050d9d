import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STORED } from '../observability/messaging-metrics.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { pagesOf } from '../testing/pages.test-support.ts';
import { OUTBOX } from '../observability/outbox-view.ts';
import { REFUSED } from '../outbox/refused-events.ts';
import { selectionOf } from './dead-letter-selection.ts';
import { BLOCKED, DeadLetterStore, listOf } from './dead-letter-store.ts';

const ROWS = 300_000;
const KEYS = 60;
/** Of 8 kB. A scan of the table reads some 10,000. */
const FEW_PAGES = 1_500;

/** Counts read 10,000 rows each, one after another along an index. */
const FEW_PAGES_OF_A_FLOOD = 6_000;

let tables: TestDatabase;

/** As after a week in which nobody looked: 60 keys with a dead letter and what came later for them, and a flood of skipped ones. */
const FILL = [
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history)
   SELECT 'ordered', 'k' || n % ${String(KEYS)}, 'm' || n, 'COUNTS', n, 'count.0.k.counted', '{}',
     convert_to(repeat('x', 200), 'UTF8'), now(), CASE WHEN n < ${String(KEYS)} THEN 'dead' ELSE 'waiting' END, true, 0, '[]'
   FROM generate_series(0, ${String(ROWS - 1)}) AS n`,
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages)
   SELECT 'ordered', key, 0, 'blocked', count(*) FROM messaging.parked GROUP BY key`,
  'VACUUM ANALYZE messaging.parked',
  'VACUUM ANALYZE messaging.blocked_key',
];

beforeAll(async () => {
  tables = await startMessagingDatabase();
  for (const statement of FILL) await tables.database.query(statement);
});

afterAll(async () => {
  await tables.stop();
});

interface Statement {
  text: string;
  values: readonly unknown[];
}

const statement = (text: string, values: readonly unknown[] = []): Statement => ({ text, values });

describe('with 300,000 parked messages', () => {
  it.each([
    ['the list of dead letters', listOf({})],
    ['that of one key', listOf({ key: 'k7' })],
    ['that of another consumer', listOf({ consumer: 'mailer' })],
    ['the list of blocked keys', statement(BLOCKED, ['', '', 51])],
    ['what metrics ask for', statement(STORED)],
  ])('%s reads a few pages', async (_, asked) => {
    expect(await pagesOf(tables.database, asked.text, asked.values)).toBeLessThan(FEW_PAGES);
  });

  it('a list has no bodies, and says how many wait behind each', async () => {
    const store = new DeadLetterStore(tables.database);
    const rows = await store.list({ limit: 10 });
    expect(rows).toHaveLength(10);
    expect(rows[0]).toMatchObject({ behind: ROWS / KEYS - 1 });
    expect(rows[0]).not.toHaveProperty('payload');
    const [key] = await store.blockedKeys({ after: { key: '', consumer: '' }, limit: 1 });
    expect(key).toMatchObject({ key: 'k0', parked: ROWS / KEYS });
  });
});

const FLOOD = [
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history, partition, next_at)
   SELECT CASE n % 2 WHEN 0 THEN 'ordered' ELSE 'mailer' END, 'd' || n, 'd' || n,
     CASE n % 2 WHEN 0 THEN 'COUNTS' ELSE 'OTHERS' END, n, 'count.0.k.counted', '{}', convert_to(repeat('x', 200), 'UTF8'), now(),
     CASE WHEN n < 200000 THEN 'dead' ELSE 'waiting' END, n < 200000, 0, '[]',
     CASE WHEN n >= 200000 THEN n / 20000 END, CASE WHEN n >= 200000 THEN now() END
   FROM generate_series(0, 299999) AS n`,
  `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages)
   SELECT 'ordered', 'd' || n, n / 20000, CASE WHEN n < 100000 THEN 'blocked' ELSE 'draining' END, 2
   FROM generate_series(0, 199999) AS n`,
  `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, state)
   SELECT 'o' || n, 'COUNTS', 'count.k.counted', CASE WHEN n <= 200000 THEN 'hot' ELSE 'r' || n END, '{}', repeat('x', 200), CASE WHEN n < 1 OR n > 200000 THEN 'refused' ELSE 'waiting' END
   FROM generate_series(0, 300000) AS n`,
];

const FLOODED: readonly (readonly [string, Statement])[] = [
  ['the list of dead letters', listOf({})],
  ['its last page', listOf({ after: 199_900 })],
  ['that of a key, and a stream', listOf({ key: 'd7', stream: 'COUNTS' })],
  ['that of a consumer', listOf({ consumer: 'ordered' })],
  ['the last page of a consumer', listOf({ consumer: 'ordered', after: 199_900 })],
  ['that of a stream', listOf({ stream: 'COUNTS' })],
  ['that of a stream without any', listOf({ stream: 'NONE' })],
  [
    'that of a stream and a consumer which have many, and none together',
    listOf({ consumer: 'ordered', stream: 'OTHERS' }),
  ],
  ['that of a consumer, and a stream without any', listOf({ consumer: 'ordered', stream: 'NONE' })],
  ['the choice of those of a stream', selectionOf({ stream: 'COUNTS', throughId: 150_000 })],
  ['the list of blocked keys', statement(BLOCKED, ['', '', 51])],
  ['the list of refused events, one with 200,000 behind it', statement(REFUSED, [0, 100])],
  ['what metrics ask for', statement(STORED)],
  ['the counts of the outbox', statement(OUTBOX)],
];

describe('with 200,000 dead letters, as many keys, and 300,000 waiting events', () => {
  beforeAll(async () => {
    await tables.database.query('TRUNCATE messaging.parked, messaging.blocked_key RESTART IDENTITY');
    for (const statement of FLOOD) await tables.database.query(statement);
  });

  // A minute after a flood there are none yet.
  describe('and no statistics', () => {
    it.each(FLOODED)('%s reads a few pages', async (_, asked) => {
      expect(await pagesOf(tables.database, asked.text, asked.values)).toBeLessThan(FEW_PAGES_OF_A_FLOOD);
    });
  });

  describe('and statistics', () => {
    beforeAll(async () => {
      await tables.database.query('ANALYZE messaging.parked, messaging.blocked_key, messaging.outbox');
    });

    it.each(FLOODED)('%s reads a few pages', async (_, asked) => {
      expect(await pagesOf(tables.database, asked.text, asked.values)).toBeLessThan(FEW_PAGES_OF_A_FLOOD);
    });
  });
});

const ONE_KEY = [
  'TRUNCATE messaging.parked, messaging.blocked_key, messaging.outbox RESTART IDENTITY',
  `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at,
     state, blocks, attempts, history)
   SELECT 'ordered', CASE WHEN n <= 300000 THEN 'hot' ELSE 'd' || n END, 'm' || n, 'COUNTS', n, 'count.0.k.counted', '{}',
     convert_to(repeat('x', 200), 'UTF8'), now(), CASE WHEN n <= 300000 THEN 'waiting' ELSE 'dead' END, true, 0, '[]'
   FROM generate_series(1, 300050) AS n`,
  `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, state)
   SELECT 'o' || n, 'COUNTS', 'count.k.counted', rpad(CASE WHEN n <= 300000 THEN 'hot' ELSE 'r' || n END, 100, 'y'), '{}', 'x',
     CASE WHEN n <= 300000 THEN 'waiting' ELSE 'refused' END
   FROM generate_series(1, 300050) AS n`,
  'ANALYZE messaging.parked, messaging.outbox',
];

describe('with 300,000 messages and 300,000 events of one key, as the statistics say', () => {
  beforeAll(async () => {
    for (const statement of ONE_KEY) await tables.database.query(statement);
  });

  it.each([
    ['dead letters', listOf({})],
    ['refused events', statement(REFUSED, [0, 100])],
  ])('the list of %s of others reads a few pages', async (_, asked) => {
    expect(await pagesOf(tables.database, asked.text, asked.values)).toBeLessThan(FEW_PAGES);
  });
});
