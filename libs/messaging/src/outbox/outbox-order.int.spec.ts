import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { noted } from '../testing/events.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { waitingForLock } from '../testing/messaging-database.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../testing/outbox-bench.test-support.ts';

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

describe('transactions that overlap', () => {
  it('and write the same key are published in the order of their commits', async () => {
    const { database } = bench.tables;
    const commits: number[] = [];
    const first = await holdTransaction(database, (tx) => bench.outbox.add(tx, noted('u1', 1)));
    // Without the lock this one would commit first, with the larger row number.
    const second = bench.add(noted('u1', 2)).then(() => commits.push(2));
    await eventually(async () => commits.length > 0 || (await waitingForLock(database)) === 1, {
      what: 'the second transaction committed or waits',
    });
    await first.commit().then(() => commits.push(1));
    await second;
    bench.relay();
    const order = (await bench.published(2)).map(({ n }) => n);
    expect(order).toEqual(commits);
  });

  it('and write the same key take turns before their rows get numbers, also when the first one adds more', async () => {
    const { database } = bench.tables;
    const adding = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const first = database.transaction(async (tx) => {
      await bench.outbox.add(tx, noted('u1', 1));
      adding.resolve();
      await waiting.promise;
      await bench.outbox.add(tx, noted('u1', 2));
    });
    await adding.promise;
    const second = bench.add(noted('u1', 3));
    await eventually(async () => (await waitingForLock(database)) === 1, { what: 'the second one waits' });
    waiting.resolve();
    await Promise.all([first, second]);
    bench.relay();
    expect((await bench.published(3)).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('and write the same keys, each in its own sequence, all commit', async () => {
    const keys = Array.from({ length: 12 }, (_, n) => `u${n}`);
    const adds = Array.from({ length: 40 }, (_, n) => {
      const turned = [...keys.slice(n % 12), ...keys.slice(0, n % 12)];
      return bench.add(...(n % 2 === 0 ? turned : turned.toReversed()).map((key) => noted(key, n)));
    });
    await expect(Promise.all(adds)).resolves.toHaveLength(40);
    bench.relay();
    const published = await bench.published(480);
    const byKey = Map.groupBy(published, ({ userId }) => userId);
    const orders = [...byKey.values()].map((notes) => notes.map(({ n }) => n).join());
    // The same forty transactions follow each other in the same order for each key.
    expect(new Set(orders).size).toBe(1);
  });

  it('hold up nothing but their own keys, however long they take', async () => {
    const { database } = bench.tables;
    bench.relay();
    const long = await holdTransaction(database, (tx) => bench.outbox.add(tx, noted('slow', 1)));
    const behind = bench.add(noted('slow', 2));
    await bench.add(noted('u1', 3));
    await bench.add(noted('u2', 4), noted('u3', 5));
    const others = (await bench.published(3)).map(({ userId }) => userId);
    expect(new Set(others)).toEqual(new Set(['u1', 'u2', 'u3']));
    await long.commit();
    await behind;
    expect((await bench.published(5)).slice(3).map(({ n }) => n)).toEqual([1, 2]);
  });

  it('lose no row number that commits late', async () => {
    const { database } = bench.tables;
    bench.relay();
    const late = await holdTransaction(database, (tx) => bench.outbox.add(tx, noted('late', 1)));
    await bench.add(noted('u1', 2));
    await bench.published(1);
    await late.commit();
    expect((await bench.published(2)).map(({ n }) => n)).toEqual([2, 1]);
  });
});

describe('events of one call', () => {
  it('keep their order within each key', async () => {
    bench.relay();
    await bench.add(...Array.from({ length: 100 }, (_, n) => noted(`u${n % 3}`, n)));
    const published = await bench.published(100);
    for (const own of Map.groupBy(published, ({ userId }) => userId).values()) {
      const order = own.map(({ n }) => n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });
});

describe('a delayed event', () => {
  it('is published not before its time, and soon after it', async () => {
    const { outbox, tables } = bench;
    bench.relay();
    const addedAt = Date.now();
    await tables.database.transaction((tx) => outbox.add(tx, noted('u1', 1), { delayMs: 600 }));
    await bench.add(noted('u1', 2));
    const [now, later] = await bench.published(2);
    expect([now?.n, later?.n]).toEqual([2, 1]);
    const waited = Number(later?.time) - addedAt;
    expect(waited).toBeGreaterThanOrEqual(600);
    expect(waited).toBeLessThan(4_000);
  });

  it('is never published once it was cancelled', async () => {
    const { outbox, tables } = bench;
    bench.relay();
    const delayed = (n: number, delayMs: number): Promise<string[]> =>
      tables.database.transaction((tx) => outbox.add(tx, noted(`u${n}`, n), { delayMs }));
    const [id = ''] = await delayed(1, 300);
    await delayed(2, 600);
    expect(await tables.database.transaction((tx) => outbox.cancel(tx, id))).toBe(true);
    expect(await bench.published(1)).toMatchObject([{ n: 2 }]);
  });

  it('stays when the transaction that cancelled it rolls back', async () => {
    const { outbox, tables } = bench;
    bench.relay();
    const [id = ''] = await tables.database.transaction((tx) =>
      outbox.add(tx, noted('u1', 1), { delayMs: 300 }),
    );
    const cancelled = await holdTransaction(tables.database, (tx) => outbox.cancel(tx, id));
    await cancelled.rollBack();
    expect(await bench.published(1)).toMatchObject([{ id }]);
  });

  it('cannot be cancelled once it was published, and cancel() says so', async () => {
    const { outbox, tables } = bench;
    bench.relay();
    const [id = ''] = await bench.add(noted('u1', 1));
    await bench.published(1);
    await eventually(
      async () => (await tables.database.query('SELECT 1 FROM messaging.outbox')).length === 0,
      { what: 'the row is marked' },
    );
    expect(await tables.database.transaction((tx) => outbox.cancel(tx, id))).toBe(false);
    await expect(outbox.cancel(tables.database, id)).rejects.toMatchObject({ code: 'NOT_A_TRANSACTION' });
  });
});
