import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { SqlExecutor } from '@orderflow/database';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { RelayStore } from './relay-store.ts';

jest.setTimeout(300_000);

const ROWS = 20_000;
const LOOK = 100;

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

let tables: TestDatabase;
/** Pages that PostgreSQL read for the last statement: a figure that no other load on the machine changes. */
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
const store = new RelayStore(watched);

const FILL = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
  SELECT 'm' || n, 'S', 's.u.happened', 'u' || n % 100, '{}', repeat('x', 1000) FROM generate_series(1, $1::int) AS n`;

beforeAll(async () => {
  tables = await startMessagingDatabase();
  // Without statistics: they are made a minute after a backlog has come to be, and until then plans are a guess.
  await tables.database.query(FILL, [ROWS]);
});

afterAll(() => tables.stop());

describe('a long backlog that has just come to be', () => {
  it('is not read in full for a look at its head', async () => {
    await store.fetch({ ids: [], keys: [] }, LOOK);
    expect(pages).toBeLessThan(4 * LOOK);
  });

  it('is not read in full to leave out what is under way', async () => {
    const ids = Array.from({ length: 500 }, (_, n) => n + 1_001);
    await store.fetch({ ids, keys: ['u1', 'u2'] }, LOOK);
    expect(pages).toBeLessThan(2 * (LOOK + ids.length));
  });

  it('is not read in full to find delayed rows that are due', async () => {
    await store.releaseDue();
    expect(pages).toBeLessThan(LOOK);
  });

  it('is not read in full to remove what was published long ago', async () => {
    await store.prune(600_000);
    expect(pages).toBeLessThan(LOOK);
  });
});

describe('a delayed row', () => {
  it('has waited since it was due, not since it was written', async () => {
    await tables.clear();
    await tables.database.query(`
      INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, created_at, available_at)
      VALUES ('late', 'S', 's.u.happened', 'u', '{}', '{}', now() - interval '1 hour', now() - interval '1 second')`);
    const unwatched = new RelayStore(tables.database);
    expect(await unwatched.releaseDue()).toBe(1);
    const { oldestMs } = await unwatched.backlog();
    expect(oldestMs).toBeGreaterThanOrEqual(1_000);
    expect(oldestMs).toBeLessThan(600_000);
  });
});
