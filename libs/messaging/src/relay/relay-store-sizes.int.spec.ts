import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlExecutor } from '@orderflow/database';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { REMEMBER } from './housekeeping-store.ts';
import { RelayStore } from './relay-store.ts';

const ROWS = 300_000;
const LOOK = 100;

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

let tables: TestDatabase;
/** Pages that PostgreSQL read for the last statement. */
let pages = 0;

const watched: SqlExecutor = {
  query: async (text, values = []) => {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
    const [row] = await tables.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, values);
    const plan = row?.['QUERY PLAN'][0].Plan;
    pages = plan === undefined ? Infinity : plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    return [];
  },
};

beforeAll(async () => {
  tables = await startMessagingDatabase();
  await tables.database.query(
    `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
     SELECT 'm' || n, 'S', 's.u.happened', 'u' || n % 100, '{}', repeat('x', 500) FROM generate_series(1, $1::int) AS n`,
    [ROWS],
  );
});

afterAll(() => tables.stop());

describe('300,000 rows that wait, of which there are no statistics yet', () => {
  it.each([0, 500, 4_000])(
    'are not read in full for a look beside %d that are under way',
    async (underWay) => {
      const ids = Array.from({ length: underWay }, (_, n) => n + 1);
      const keys = Array.from({ length: Math.min(underWay, 300) }, (_, n) => `behind${String(n)}`);
      await new RelayStore(watched).look('S', {
        after: 0,
        upTo: undefined,
        ids,
        keys,
        rows: LOOK,
        bytes: 10_000_000,
      });
      expect(pages).toBeLessThan(2 * (LOOK + underWay));
    },
  );
});

/** A long key, so that the index by keys is much larger than the primary key. */
describe('300,000 rows of one key, which is the only one that the statistics know', () => {
  const insert = `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
    SELECT $1 || n, 'S', 's.u.happened', rpad($1 || n % $2, 100, 'y'), '{}', 'x' FROM generate_series(1, $3::int) AS n`;

  it.each([1, 300])('are not read for a look at %d other keys', async (others) => {
    await tables.database.query('TRUNCATE messaging.outbox');
    await tables.database.query(insert, ['hot', 1, ROWS]);
    await tables.database.query('ANALYZE messaging.outbox');
    await tables.database.query(insert, ['other', others, others]);
    const keys = Array.from({ length: others }, (_, n) => ({
      key: `other${String(n)}`.padEnd(100, 'y'),
      after: 0,
    }));
    await new RelayStore(watched).lookAtKeys('S', keys, { rowsEach: LOOK, bytes: 10_000_000, without: [] });
    expect(pages).toBeLessThan(20 * others);
  });
});

describe('a slot of published rows', () => {
  it('is not read in full to be emptied', async () => {
    await tables.database.query(
      `INSERT INTO messaging.published (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload)
       SELECT 1, 'S', 'I', n, n, 'm' || n, 's.u.happened', 'u', '{}', repeat('x', 500) FROM generate_series(1, 20000) AS n`,
    );
    await tables.database.query(
      `INSERT INTO messaging.relay_stream VALUES ('S', 'I', 1, 0, 'healthy'), ('T', 'I', 7, 0, 'healthy')`,
    );
    await watched.query(REMEMBER, [1]);
    expect(pages).toBeLessThan(LOOK);
    expect(
      await tables.database.query('SELECT stream, sequence FROM messaging.relay_stream ORDER BY stream'),
    ).toEqual([
      { stream: 'S', sequence: 20_000 },
      { stream: 'T', sequence: 7 },
    ]);
  });
});
