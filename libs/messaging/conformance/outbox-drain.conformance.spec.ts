import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { Relay } from '../src/outbox/relay.ts';
import { type PublishedMark, RelayStore, type UnpublishedRow } from '../src/outbox/relay-store.ts';
import { Publisher } from '../src/publisher/publisher.ts';
import { NOTES } from '../src/testing/events.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../src/testing/outbox-bench.test-support.ts';
import { recordingLog } from '../src/testing/recording-log.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

jest.setTimeout(300_000);

const ROWS = rounds(5_000, 100_000);
const KEYS = 1_000;

let bench: OutboxBench;

beforeAll(async () => {
  bench = await startOutboxBench();
});

afterAll(() => bench.stop());

/** Notes how long each look at the outbox took, and how many rows were published by then. */
class TimedStore extends RelayStore {
  readonly looks: { published: number; ms: number }[] = [];
  #published = 0;

  override async fetch(busyKeys: readonly string[], limit: number): Promise<UnpublishedRow[]> {
    const startedAt = performance.now();
    const rows = await super.fetch(busyKeys, limit);
    this.looks.push({ published: this.#published, ms: performance.now() - startedAt });
    return rows;
  }

  override async mark(marks: readonly PublishedMark[]): Promise<void> {
    await super.mark(marks);
    this.#published += marks.length;
  }

  /** The middle one of the looks while this part of the rows was published. */
  medianMs(from: number, to: number): number {
    const part = this.looks.filter(({ published }) => published >= from * ROWS && published < to * ROWS);
    const sorted = part.map(({ ms }) => ms).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  }
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
    const store = new TimedStore(bench.tables.another(2));
    const publisher = new Publisher(bench.jet.connection);
    const relay = new Relay({ store, publisher, verify: () => Promise.resolve(), log: recordingLog() });
    const startedAt = performance.now();
    relay.start();
    await eventually(async () => (await countPublished()) === ROWS, {
      what: 'all are published',
      timeoutMs: 240_000,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    await relay.stop();
    publisher.close();
    const [first, last] = [store.medianMs(0, 0.1), store.medianMs(0.9, 1)];
    const figures = {
      rows: ROWS,
      seconds,
      perSecond: ROWS / seconds,
      firstTenthMs: first,
      lastTenthMs: last,
    };
    process.stdout.write(
      `${JSON.stringify({ ...figures, looks: store.looks.length, ratio: last / first })}\n`,
    );
    expect(last / Math.max(first, 1)).toBeLessThan(4);
    expect((await bench.jet.manager.streams.info(NOTES.name)).state.messages).toBe(ROWS);
  });
});

async function countPublished(): Promise<number> {
  const rows = await bench.tables.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM messaging.outbox WHERE published_at IS NOT NULL',
  );
  return rows[0]?.count ?? 0;
}
