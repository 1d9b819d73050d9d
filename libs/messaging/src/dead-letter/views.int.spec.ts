import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STORED } from '../observability/messaging-metrics.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { BLOCKED, DeadLetterStore, LIST } from './dead-letter-store.ts';

const ROWS = 300_000;
const KEYS = 60;
/** Of 8 kB. A scan of the table reads some 10,000. */
const FEW_PAGES = 1_500;

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

interface Plan {
  Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
}

async function pagesOf(statement: string, values: readonly unknown[] = []): Promise<number> {
  const [row] = await tables.database.query<{ 'QUERY PLAN': Plan[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
    values,
  );
  const plan = row?.['QUERY PLAN'][0]?.Plan;
  return (plan?.['Shared Hit Blocks'] ?? NaN) + (plan?.['Shared Read Blocks'] ?? NaN);
}

describe('with 300,000 parked messages', () => {
  it.each([
    ['the list of dead letters', LIST, [0, null, null, null, 51]],
    ['that of one key', LIST, [0, null, 'k7', null, 51]],
    ['that of another consumer', LIST, [0, 'mailer', null, null, 51]],
    ['the list of blocked keys', BLOCKED, ['', '', 51]],
    ['what metrics ask for', STORED, []],
  ])('%s reads a few pages', async (_, statement, values) => {
    expect(await pagesOf(statement, values)).toBeLessThan(FEW_PAGES);
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
