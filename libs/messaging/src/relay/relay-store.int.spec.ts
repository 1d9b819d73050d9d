import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, type SqlDatabase } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { BacklogStore } from '../outbox/backlog-store.ts';
import { HousekeepingStore } from './housekeeping-store.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { type Look, RelayStore, type WaitingRow } from './relay-store.ts';
import { ScanFloor } from './scan-floor.ts';

const LOOK = 100;
const LEASE = { resource: 'relay', owner: 'bench', epoch: 1, suspicious: false };
const AT = { name: 'S', incarnation: 'I', slot: 0 };

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

let tables: TestDatabase;
/** Pages that PostgreSQL read for the last statement: a figure that no other load on the machine changes. */
let pages = 0;

const watched: SqlDatabase = {
  query: async (text, values = []) => {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
    const [row] = await tables.database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, values);
    const plan = row?.['QUERY PLAN'][0].Plan;
    pages = plan === undefined ? Infinity : plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    return [];
  },
  transaction: (work) => tables.database.transaction(work),
};
const store = new RelayStore(watched);
const unwatched = (): RelayStore => new RelayStore(tables.database);

const FILL = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
  SELECT $2 || n, 'S', 's.u.happened', CASE WHEN $3 = 0 THEN 'hot' ELSE 'u' || n % $3 END, '{}', repeat('x', 500)
  FROM generate_series(1, $1::int) AS n`;

const everything: Look = { after: 0, upTo: undefined, ids: [], keys: [], rows: LOOK, bytes: 10_000_000 };
const fill = (count: number, name: string, keys: number): Promise<object[]> =>
  tables.database.query(FILL, [count, name, keys]);

async function markAll(): Promise<void> {
  for (;;) {
    const { rows } = await unwatched().look('S', { ...everything, rows: 20_000 });
    if (rows.length === 0) return;
    const marks = rows.map((row, at) => ({
      id: row.id,
      messageId: row.message_id,
      sequence: row.id * 10 + at,
    }));
    await unwatched().mark(AT, marks, LEASE);
  }
}

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

beforeEach(async () => {
  await tables.clear();
  await tables.database.query(`INSERT INTO messaging.ownership VALUES ('relay', 'bench', 1)`);
});

afterAll(() => tables.stop());

describe('a long backlog that has just come to be', () => {
  // Without statistics: they are made a minute after a backlog has come to be, and until then plans are a guess.
  it('is not read in full for a look at its head, nor to leave out what is under way', async () => {
    await fill(20_000, 'm', 100);
    await store.look('S', everything);
    expect(pages).toBeLessThan(4 * LOOK);
    const ids = Array.from({ length: 500 }, (_, n) => n + 1_001);
    await store.look('S', { ...everything, ids, keys: ['u1', 'u2'] });
    expect(pages).toBeLessThan(2 * (LOOK + ids.length));
  });

  it('is not read in full to find delayed rows that are due', async () => {
    await fill(20_000, 'm', 100);
    await new HousekeepingStore(watched).releaseDue();
    expect(pages).toBeLessThan(LOOK);
  });

  it('of large events is read by bytes: no more than may be held', async () => {
    await tables.database.query(
      `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
       SELECT 'm' || n, 'S', 's.u.happened', 'u' || n, '{}', repeat('x', 900000) FROM generate_series(1, 20) AS n`,
    );
    const { rows, cut } = await unwatched().look('S', { ...everything, bytes: 4_000_000 });
    expect([rows.length, cut]).toEqual([4, true]);
    const alone = await unwatched().look('S', { ...everything, bytes: 1_000 });
    expect(alone.rows).toHaveLength(1);
    const wanted = rows.map(({ key }) => ({ key, after: 0 }));
    const ofKeys = await unwatched().lookAtKeys('S', wanted, { rowsEach: 10, bytes: 2_000_000, without: [] });
    expect([ofKeys.rows.length, ofKeys.done]).toEqual([2, []]);
  });
});

describe('a look', () => {
  const PUBLISHED = 60_000;

  it('costs what it costs empty while an old snapshot keeps the index entries of published rows', async () => {
    const settle = async (floor: ScanFloor): Promise<void> => {
      for (let n = 0; n < 4; n++) {
        floor.observe(await unwatched().horizon());
        await unwatched().look('S', { ...everything, after: floor.value });
        floor.looked(undefined);
      }
    };
    const floor = new ScanFloor();
    await settle(floor);
    await store.look('S', { ...everything, after: floor.value });
    const empty = pages;
    // As a backup takes it.
    const backup = await holdTransaction(tables.database, async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await tx.query('SELECT FROM messaging.outbox');
    });
    await fill(PUBLISHED, 'm', 100);
    await markAll();
    await store.look('S', everything);
    const withoutFloor = pages;
    // Transactions of other databases on the same server hold it back for as long as they are open.
    const isSettled = async (): Promise<boolean> => {
      await settle(floor);
      return floor.value === PUBLISHED;
    };
    await eventually(isSettled, { what: 'the floor has passed what was published' });
    await store.look('S', { ...everything, after: floor.value });
    const withFloor = pages;
    await tables.database.query(`INSERT INTO messaging.relay_stream VALUES ('S', 'I', 1, $1, 'healthy')`, [
      floor.value,
    ]);
    await new BacklogStore(watched).read();
    const indicator = pages;
    await backup.commit();
    expect(withoutFloor).toBeGreaterThan(PUBLISHED / 50);
    expect(withFloor).toBeLessThanOrEqual(empty + 4);
    expect(indicator).toBeLessThan(60);
  });

  it.each([20_000, 80_000])('costs the same beside %d waiting rows of one key', async (count) => {
    await fill(count, 'hot', 0);
    await fill(50, 'm', 50);
    const floor = new ScanFloor();
    const found: WaitingRow[] = [];
    const look = async (): Promise<void> => {
      floor.observe(await unwatched().horizon());
      const { range } = floor;
      const { rows, cut } = await unwatched().look('S', {
        ...everything,
        ...range,
        keys: ['hot'],
        ids: found.map(({ id }) => id),
      });
      floor.looked(cut ? rows.at(-1)?.id : range.upTo);
      found.push(...rows);
    };
    const isSettled = async (): Promise<boolean> => {
      await look();
      return floor.value >= count;
    };
    await eventually(isSettled, { what: 'the floor has passed the rows of the key' });
    expect(found).toHaveLength(50);
    await fill(20, 'later', 20);
    await store.look('S', { ...everything, after: floor.value, keys: ['hot'] });
    expect(pages).toBeLessThan(60);
    await store.lookAtKeys('S', [{ key: 'hot', after: count / 2 }], {
      rowsEach: 50,
      bytes: 1_000_000,
      without: [],
    });
    expect(pages).toBeLessThan(150);
  });
});

describe('a number that commits late', () => {
  const row = (key: string): Parameters<typeof insertOutboxRows>[1][number] => ({
    messageId: key,
    stream: 'S',
    subject: `s.${key}.happened`,
    key,
    headers: {},
    payload: '{}',
    delayMs: undefined,
  });

  it('is not passed by the scan floor, however many commit meanwhile', async () => {
    const floor = new ScanFloor();
    const look = async (): Promise<string[]> => {
      floor.observe(await unwatched().horizon());
      const { rows } = await unwatched().look('S', { ...everything, ...floor.range });
      floor.looked(undefined);
      return rows.map(({ key }) => key);
    };
    const late = await holdTransaction(tables.database, (tx) => insertOutboxRows(tx, [row('late')]));
    for (let n = 0; n < 10; n++) {
      await tables.database.transaction((tx) => insertOutboxRows(tx, [row(`u${n}`)]));
      await look();
    }
    expect(floor.value).toBe(0);
    await late.commit();
    expect(await look()).toContain('late');
  });

  it('is drawn only when its transaction has an id, which the floor relies on', async () => {
    const ids: unknown[] = [];
    const spy = new Database({ url: tables.url, applicationName: 'spy', maxConnections: 1 });
    await spy.query(`CREATE FUNCTION xid_is_there() RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
      BEGIN
        IF pg_current_xact_id_if_assigned() IS NULL THEN RAISE EXCEPTION 'drawn too early'; END IF;
        RETURN nextval('messaging.outbox_id_seq');
      END $$`);
    await spy.query('ALTER TABLE messaging.outbox ALTER id DROP IDENTITY');
    await spy.query('CREATE SEQUENCE messaging.outbox_id_seq START 1000');
    await spy.query('ALTER TABLE messaging.outbox ALTER id SET DEFAULT xid_is_there()');
    try {
      await spy.transaction((tx) => insertOutboxRows(tx, [row('a')]));
      ids.push(...(await spy.query('SELECT id FROM messaging.outbox')));
    } finally {
      await spy.query('ALTER TABLE messaging.outbox ALTER id DROP DEFAULT');
      await spy.query('DROP SEQUENCE messaging.outbox_id_seq; DROP FUNCTION xid_is_there()');
      await spy.query('ALTER TABLE messaging.outbox ALTER id ADD GENERATED ALWAYS AS IDENTITY');
      await spy.close();
    }
    expect(ids).toEqual([{ id: 1_000 }]);
  });
});

describe('a mark', () => {
  it('names the row and the message: another row of the same number stays', async () => {
    await fill(2, 'm', 2);
    const [first] = (await unwatched().look('S', everything)).rows;
    const id = first?.id ?? 0;
    expect(await unwatched().mark(AT, [{ id, messageId: 'of-a-lost-primary', sequence: 5 }], LEASE)).toBe(0);
    expect((await unwatched().look('S', everything)).rows).toHaveLength(2);
    expect(await unwatched().mark(AT, [{ id, messageId: 'm1', sequence: 5 }], LEASE)).toBe(1);
    expect((await unwatched().look('S', everything)).rows).toHaveLength(1);
  });

  it.each([
    ['another owner', { ...LEASE, owner: 'somebody' }],
    ['an older epoch', { ...LEASE, epoch: 0 }],
  ])('of a relay whose lease has %s changes nothing', async (_, lease) => {
    await fill(1, 'm', 1);
    const marks = [{ id: 1, messageId: 'm1', sequence: 5 }];
    expect(await unwatched().mark(AT, marks, lease)).toBeUndefined();
    expect((await unwatched().look('S', everything)).rows).toHaveLength(1);
  });
});

describe('delayed rows', () => {
  const DELAYED = `
    INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, created_at, available_at)
    VALUES ($1, 'S', 's.u.happened', 'u', '{}', '{}', now() - interval '1 hour', now() - make_interval(secs => $2))`;

  it('that are due together are published in the order of their times, and behind what was committed before', async () => {
    await tables.database.query(DELAYED, ['due second', 1]);
    await tables.database.query(DELAYED, ['due first', 2]);
    await fill(1, 'committed before', 1);
    expect(await new HousekeepingStore(tables.database).releaseDue()).toBe(2);
    const { rows } = await unwatched().look('S', everything);
    expect(rows.map((row) => row.message_id)).toEqual(['committed before1', 'due first', 'due second']);
  });

  it('have waited since they were due, not since they were written', async () => {
    await tables.database.query(DELAYED, ['late', 1]);
    await tables.database.query(`INSERT INTO messaging.relay_stream VALUES ('S', 'I', 1, 0, 'healthy')`);
    await new HousekeepingStore(tables.database).releaseDue();
    const { oldestMs } = await new BacklogStore(tables.database).read();
    expect(oldestMs).toBeGreaterThanOrEqual(1_000);
    expect(oldestMs).toBeLessThan(600_000);
  });

  it('of a key that a transaction holds are left for later, and hold up nothing', async () => {
    await tables.database.query(DELAYED, ['due', 1]);
    const held = await holdTransaction(tables.database, (tx) =>
      insertOutboxRows(tx, [
        {
          messageId: 'x',
          stream: 'S',
          subject: 's.u.x',
          key: 'u',
          headers: {},
          payload: '{}',
          delayMs: undefined,
        },
      ]),
    );
    expect(await new HousekeepingStore(tables.database).releaseDue()).toBe(0);
    await held.commit();
    expect(await new HousekeepingStore(tables.database).releaseDue()).toBe(1);
  });
});

describe('a transaction that publishes for very many keys', () => {
  it('takes no more locks than the server has', async () => {
    const rows = Array.from({ length: 40_000 }, (_, n) => ({
      messageId: `m${n}`,
      stream: 'S',
      subject: `s.u${n}.happened`,
      key: `u${n}`,
      headers: {},
      payload: '{}',
      delayMs: undefined,
    }));
    await tables.database.transaction((tx) => insertOutboxRows(tx, rows));
    const [count] = await tables.database.query('SELECT count(*) AS count FROM messaging.outbox');
    expect(count).toEqual({ count: 40_000 });
  });
});
