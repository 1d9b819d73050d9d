import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlExecutor, Transaction } from '@orderflow/database';
import { noted, NOTES } from '../testing/events.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../testing/outbox-bench.test-support.ts';
import { Outbox } from './outbox.ts';
import { PublishRules } from './publish-rules.ts';

let bench: OutboxBench;

beforeAll(async () => {
  bench = await startOutboxBench();
});

afterEach(async () => {
  await bench.reset();
});

afterAll(async () => {
  await bench.stop();
});

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
const waitingRows = (): Promise<object[]> => bench.tables.database.query('SELECT * FROM messaging.outbox');

describe('an event added to a transaction', () => {
  it('is published, with its id and its CloudEvents headers, if the transaction commits', async () => {
    bench.relay();
    const [id] = await bench.add(noted('u1', 1));
    expect(await bench.published(1)).toMatchObject([{ id, userId: 'u1', n: 1 }]);
    const message = await bench.jet.manager.streams.getMessage('NOTES', { seq: 1 });
    const header = (name: string): string | undefined => message?.header.get(name);
    expect(header('ce-id')).toBe(id);
    expect(header('ce-type')).toBe('note.noted.v1');
    expect(header('ce-source')).toBe('/services/notes');
    expect(header('ce-subject')).toBe('u1');
    expect(header('ce-specversion')).toBe('1.0');
    expect(header('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('leaves nothing behind if the transaction rolls back', async () => {
    const work = bench.tables.database.transaction(async (tx) => {
      await bench.outbox.add(tx, noted('u1', 1));
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await waitingRows()).toEqual([]);
    bench.relay();
    await bench.add(noted('u2', 2));
    expect(await bench.published(1)).toMatchObject([{ userId: 'u2' }]);
  });

  it('is refused when it is larger than the broker takes, and nothing of the call is kept', async () => {
    const added = bench.add(noted('u1', 1), noted('u1', 2, 'x'.repeat(1_048_000)));
    await expect(added).rejects.toMatchObject({
      code: 'PUBLISH_REJECTED',
      remedy: expect.stringContaining('reference'),
    });
    expect(await waitingRows()).toEqual([]);
  });

  it('is published up to the size that is accepted', async () => {
    bench.relay();
    // Two bytes each: the limit counts bytes, not characters.
    await bench.add(noted('u'.repeat(128), 1, 'ö'.repeat(499_900)));
    expect(await bench.published(1)).toMatchObject([{ n: 1 }]);
  });

  it.each(['a.b', '', '*', '>', 'a b', 'x'.repeat(129)])('is refused when its key is "%s"', async (key) => {
    await expect(bench.add(noted(key, 1))).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('is refused when it is not what its contract says, or has none', async () => {
    await expect(
      bench.add(Object.assign(noted('u1', 1), { n: 'one' as unknown as number })),
    ).rejects.toMatchObject({
      code: 'CONTRACT_VIOLATION',
    });
    const { database } = bench.tables;
    const bare = database.transaction((tx) => bench.outbox.add(tx, { userId: 'u1' }));
    await expect(bare).rejects.toMatchObject({ code: 'CONTRACT_MISSING' });
  });
});

describe('add()', () => {
  it('refuses a pool, which is in no transaction', async () => {
    await expect(bench.outbox.add(bench.tables.database, noted('u1', 1))).rejects.toMatchObject({
      code: 'NOT_A_TRANSACTION',
    });
    expect(await waitingRows()).toEqual([]);
  });

  it('refuses a transaction that has ended', async () => {
    let late: Transaction | undefined;
    await bench.tables.database.transaction(async (tx) => {
      late = tx;
      await tx.query('SELECT 1');
    });
    const added = bench.outbox.add(late as Transaction, noted('u1', 1));
    await expect(added).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    expect(await waitingRows()).toEqual([]);
  });

  it("refuses another library's connection outside BEGIN, and takes it inside", async () => {
    // One connection, so that BEGIN and what follows it run on the same.
    const single = bench.tables.another(1);
    const foreign: SqlExecutor = { query: (text, values) => single.query(text, values) };
    await expect(bench.outbox.add(foreign, noted('u1', 1))).rejects.toMatchObject({
      code: 'NOT_A_TRANSACTION',
    });
    await foreign.query('BEGIN');
    await bench.outbox.add(foreign, noted('u1', 2));
    await foreign.query('ROLLBACK');
    expect(await waitingRows()).toEqual([]);
    await foreign.query('BEGIN');
    await bench.outbox.add(foreign, noted('u1', 3));
    await foreign.query('COMMIT');
    bench.relay();
    expect(await bench.published(1)).toMatchObject([{ n: 3 }]);
  });

  it("refuses another driver's connection outside BEGIN, whose errors are not those of pg", async () => {
    const single = bench.tables.another(1);
    const foreign: SqlExecutor = {
      query: <Row extends object>(text: string, values?: readonly unknown[]) =>
        single.query<Row>(text, values).catch((error: unknown) => {
          throw Object.assign(new Error('as postgres.js or another copy of pg has it'), {
            code: codeOf(error),
          });
        }),
    };
    await expect(bench.outbox.add(foreign, noted('u1', 1))).rejects.toMatchObject({
      code: 'NOT_A_TRANSACTION',
    });
    expect(await waitingRows()).toEqual([]);
  });

  it('wakes the relay after the commit, not before', async () => {
    // A relay whose wake-up comes before the commit finds nothing and sleeps.
    const woken: string[] = [];
    const rules = new PublishRules([NOTES], () => undefined);
    const outbox = new Outbox({ origin: { source: 'notes' }, rules, wake: () => woken.push('woken') });
    await bench.tables.database.transaction(async (tx) => {
      await outbox.add(tx, noted('u1', 1));
      expect(woken).toEqual([]);
    });
    expect(woken).toEqual(['woken']);
  });
});
