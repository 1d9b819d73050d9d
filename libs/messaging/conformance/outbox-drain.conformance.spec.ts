import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlExecutor } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { type Look as StreamLook, RelayStore, type WaitingRow } from '../src/relay/relay-store.ts';
import { NOTES } from '../src/testing/events.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../src/testing/outbox-bench.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

const ROWS = rounds(5_000, 100_000);
const KEYS = 1_000;
/** Rows that the relay asks for at once. */
const LOOK = 1_000;

let bench: OutboxBench;

beforeAll(async () => {
  bench = await startOutboxBench();
});

afterAll(() => bench.stop());

interface Look {
  ms: number;
  /** Pages that PostgreSQL read for it: a figure that no other load on the machine changes. */
  pages: number;
}

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

/** Notes what each look at the outbox cost. */
class WatchedStore extends RelayStore {
  readonly looks: Look[] = [];

  constructor(database: SqlExecutor) {
    let pages = 0;
    const query = async <Row extends object>(
      text: string,
      values: readonly unknown[] = [],
    ): Promise<Row[]> => {
      if (text.includes('key <> ALL')) pages = await pagesOf(database, text, values);
      return await database.query<Row>(text, values);
    };
    super({ query });
    this.#pages = () => pages;
  }

  readonly #pages: () => number;

  override async look(stream: string, look: StreamLook): Promise<{ rows: WaitingRow[]; cut: boolean }> {
    const startedAt = performance.now();
    const found = await super.look(stream, look);
    if (found.rows.length > 0) this.looks.push({ ms: performance.now() - startedAt, pages: this.#pages() });
    return found;
  }

  /** The middle one among the first or the last tenth of the looks. */
  median(figure: keyof Look, end: 'first' | 'last'): number {
    const tenth = Math.ceil(this.looks.length / 10);
    const part = end === 'first' ? this.looks.slice(0, tenth) : this.looks.slice(-tenth);
    const sorted = part.map((look) => look[figure]).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  }
}

async function pagesOf(database: SqlExecutor, text: string, values: readonly unknown[]): Promise<number> {
  const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
  const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, values);
  const plan = row?.['QUERY PLAN'][0].Plan;
  return plan === undefined ? Number.NaN : plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

const FILL = `
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload)
  SELECT 'm' || n, $2, 'note.u' || n % $3 || '.noted', 'u' || n % $3, '{}',
    json_build_object('userId', 'u' || n % $3, 'n', n, 'text', '')
  FROM generate_series(1, $1::int) AS n`;

describe(`an outbox of ${ROWS.toLocaleString('en')} rows`, () => {
  it('is drained without the query growing slower', async () => {
    const { database } = bench.tables;
    await database.query(FILL, [ROWS, NOTES.name, KEYS]);
    const pool = bench.tables.another(4);
    const store = new WatchedStore(pool);
    const { relaying, publisher } = bench.relay({ database: pool, store });
    const { relay } = relaying;
    const startedAt = performance.now();
    await eventually(async () => (await countPublished()) === ROWS, {
      what: 'all are published',
      timeoutMs: 240_000,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    await relay.stop();
    publisher.close();
    const cost = (figure: keyof Look): { first: number; last: number } => ({
      first: store.median(figure, 'first'),
      last: store.median(figure, 'last'),
    });
    const [ms, pages] = [cost('ms'), cost('pages')];
    process.stdout.write(
      `${JSON.stringify({ rows: ROWS, seconds, looks: store.looks.length, ms, pages })}\n`,
    );
    // Generous: the machine may be busy with something else.
    expect(ms.last / Math.max(ms.first, 100)).toBeLessThan(4);
    // A page for each row that it may return, and the way to them; not one for each row that was ever published.
    expect(pages.last).toBeLessThan(2 * LOOK);
    expect((await bench.jet.manager.streams.info(NOTES.name)).state.messages).toBe(ROWS);
  });
});

async function countPublished(): Promise<number> {
  const rows = await bench.tables.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM messaging.published',
  );
  return rows[0]?.count ?? 0;
}
