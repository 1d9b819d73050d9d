import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '@orderflow/database';
import { claimAtOnce } from '../inbox/claim-at-once.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { type PublishedMark, RelayStore } from './relay-store.ts';

const LEASE = { resource: 'relay', owner: 'bench', epoch: 1, suspicious: false };
const AT = { name: 'S', incarnation: 'I', slot: 0 };
const TABLES = ['outbox', 'inbox', 'blocked_key', 'attempt'];
/** After so many runs PostgreSQL has decided whether it keeps a plan. */
const RUNS = 10;
const ROWS = 20_000;
/** Of an index of that size, for a row in each table, several times over. */
const FEW_PAGES = 100;

let tables: TestDatabase;
/** One session, which keeps its plans. */
let session: Database;
let next = 0;

async function insert(): Promise<string> {
  const messageId = `m${String(++next)}`;
  const row = {
    messageId,
    stream: 'S',
    subject: 's.u.happened',
    key: 'u',
    headers: {},
    payload: '{}',
    delayMs: undefined,
  };
  await session.transaction((tx) => insertOutboxRows(tx, [row]));
  return messageId;
}

async function waitingRow(): Promise<PublishedMark> {
  const messageId = await insert();
  const [row] = await session.query<{ id: number }>('SELECT max(id) AS id FROM messaging.outbox');
  return { id: row?.id ?? 0, messageId, sequence: ++next };
}

async function mark(row: PublishedMark): Promise<void> {
  expect(await new RelayStore(session).mark(AT, [row], LEASE)).toBe(1);
}

async function claim(): Promise<void> {
  const message = { messageId: `c${String(++next)}`, key: 'u', stream: 'S', sequence: next };
  await session.transaction((tx) => claimAtOnce(tx, 'ledger', [message]));
}

/** Pages that the session reads, in the tables that grow and in their indexes. */
async function pagesReadBy(work: () => Promise<unknown>): Promise<number> {
  const before = await pagesRead();
  await work();
  return (await pagesRead()) - before;
}

async function pagesRead(): Promise<number> {
  await session.query('SELECT pg_stat_force_next_flush()');
  const [row] = await session.query<{ pages: number }>(
    `SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::int AS pages
     FROM pg_statio_user_tables WHERE schemaname = 'messaging' AND relname = ANY ($1)`,
    [TABLES],
  );
  return row?.pages ?? NaN;
}

beforeAll(async () => {
  tables = await startMessagingDatabase();
  session = tables.another(1);
  await session.query(`INSERT INTO messaging.ownership VALUES ('relay', 'bench', 1)`);
  for (const table of TABLES)
    await session.query(`ALTER TABLE messaging.${table} SET (autovacuum_enabled = off)`);
  // PostgreSQL takes a table that was vacuumed while it was empty for one without any pages.
  for (const table of TABLES) await session.query(`VACUUM ANALYZE messaging.${table}`);
  for (let run = 0; run < RUNS; run++) await mark(await waitingRow());
  for (let run = 0; run < RUNS; run++) await claim();
  await session.query(
    `INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
     SELECT 'w' || n, 'S', 's.u.happened', 'u' || n, '{}', repeat('x', 500) FROM generate_series(1, $1::int) AS n`,
    [ROWS],
  );
  await session.query(
    `INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
     SELECT 'ledger', 'i' || n, 'handled', 'S', n FROM generate_series(1, $1::int) AS n`,
    [ROWS],
  );
});

afterAll(() => tables.stop());

describe('a statement that a session first ran while the tables were empty reads few pages of full ones', () => {
  it('to add an event', async () => {
    expect(await pagesReadBy(insert)).toBeLessThan(FEW_PAGES);
  });

  it('to mark an event as published', async () => {
    const row = await waitingRow();
    expect(await pagesReadBy(() => mark(row))).toBeLessThan(FEW_PAGES);
  });

  it('to claim a message', async () => {
    expect(await pagesReadBy(claim)).toBeLessThan(FEW_PAGES);
  });
});
