import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { OtherRows } from './backlog-turns.ts';
import { KeyChains, type Setback } from './key-chains.ts';
import { OutboxScan } from './outbox-scan.ts';
import { type Horizon, RelayStore, type WaitingRow } from './relay-store.ts';

const ROWS = 400_000;
/** A read that covers them row by row looks eight times. */
const FEW_READS = 4;
const AGAIN: Setback = 'again';

let tables: TestDatabase;
let store: RelayStore;
/** What was published, in its order. Those of `held` wait for the broker. */
let sent: WaitingRow[] = [];
let held: ((rows: readonly WaitingRow[]) => boolean) | undefined;
/** The broker takes nothing. */
let refuses = false;

beforeAll(async () => {
  tables = await startMessagingDatabase();
  store = new RelayStore(tables.database);
});

afterEach(async () => {
  sent = [];
  held = undefined;
  refuses = false;
  await tables.database.query('TRUNCATE messaging.outbox RESTART IDENTITY');
});

afterAll(() => tables.stop());

async function add(key: string, count: number): Promise<void> {
  await tables.database.query(
    `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
     SELECT gen_random_uuid(), 'S', 's.u.happened', $1, '{}', '' FROM generate_series(1, $2::int) AS n`,
    [key, count],
  );
}

interface Scan {
  scan: OutboxScan;
  chains: KeyChains;
  others: OtherRows;
  read: () => Promise<unknown>;
}

function scanOf(): Scan {
  const chains = new KeyChains({
    budget: { rows: 3_000, bytes: 16_777_216 },
    send: async (rows, done) => {
      if (refuses) throw new Error('the stream is full');
      if (held?.(rows) === true) await new Promise(() => undefined);
      for (const row of rows.slice(0, 100)) {
        sent.push(row);
        done(row, { stream: 'S', sequence: row.id, duplicate: false });
      }
    },
    sent: () => undefined,
    halted: () => false,
    failed: () => Promise.resolve(AGAIN),
    freed: () => undefined,
  });
  const others = new OtherRows();
  const scan = new OutboxScan({ stream: 'S', store, chains, horizon, others });
  return { scan, chains, others, read: () => scan.read(1_000, () => true) };
}

/** When all transactions have ended that run now: other test files write on the same server, and reads are counted here. */
async function horizon(): ReturnType<RelayStore['horizon']> {
  const { xmax } = await store.horizon();
  const settled = async (): Promise<Horizon | false> => {
    const now = await store.horizon();
    return now.xmin >= xmax && now;
  };
  return await eventually(settled, { what: 'the transactions that run have ended' });
}

const keysSent = (): string[] => [...new Set(sent.map((row) => row.key))];

describe('400,000 rows of one key', () => {
  it('are not read to find what others have behind them', async () => {
    await add('hot', ROWS);
    await add('other', 1);
    const { scan, read } = scanOf();
    for (let n = 0; n < FEW_READS; n++) await read();
    expect(keysSent()).toContain('other');
    expect(scan.floor).toBeLessThanOrEqual(sent.findLast((row) => row.key === 'hot')?.id ?? 0);
  });

  it('hold up no row of another key, and none goes twice or early, when it has some before and behind them', async () => {
    await add('slow', 10);
    await add('quick', 10);
    await add('hot', ROWS);
    await add('slow', 10);
    await add('quick', 10);
    held = (rows) => rows[0]?.key === 'slow';
    const { read } = scanOf();
    for (let n = 0; n < FEW_READS; n++) await read();
    expect(sent.filter((row) => row.key === 'slow')).toEqual([]);
    const ids = sent.filter((row) => row.key === 'quick').map((row) => row.id);
    expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => one - other));
    expect(ids).toHaveLength(20);
  });
});

describe('a key that was not taken', () => {
  it('has its row found by each probe, however others publish', async () => {
    refuses = true;
    await add('refused', 3);
    const { scan, chains, others } = scanOf();
    for (let n = 0; n < 4; n++) {
      others.note();
      expect((await scan.read(1, () => true)).found).toBe(1);
      await eventually(() => chains.idle, { what: 'it is given back' });
    }
  });
});

describe('rows of many keys', () => {
  it('are found where they begin, with millions of numbers before them and between them', async () => {
    for (const [key, number] of [
      ['first', 1_000_000_000],
      ['second', 2_000_000_000],
    ] as const) {
      await tables.database.query(
        `ALTER TABLE messaging.outbox ALTER COLUMN id RESTART WITH ${String(number)}`,
      );
      for (let n = 0; n < 400; n++) await add(`${key}-${String(n)}`, 1);
    }
    const { read } = scanOf();
    for (let n = 0; n < 2 * FEW_READS; n++) await read();
    expect(keysSent()).toHaveLength(800);
  });

  it('are read in their order', async () => {
    await tables.database.query(
      `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
       SELECT 'm' || n, 'S', 's.u.happened', 'u' || n % 1000, '{}', '' FROM generate_series(1, $1::int) AS n`,
      [ROWS],
    );
    const { read } = scanOf();
    for (let n = 0; n < FEW_READS; n++) await read();
    expect(keysSent()).toHaveLength(1_000);
  });
});
