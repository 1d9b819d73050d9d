import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { noted } from '../testing/events.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import {
  type OutboxBench,
  type PublishedNote,
  startOutboxBench,
} from '../testing/outbox-bench.test-support.ts';
import { HousekeepingStore, SLOTS } from './housekeeping-store.ts';

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

const unmarked = (): Promise<object[]> => bench.tables.database.query('SELECT id FROM messaging.outbox');
const allMarked = async (): Promise<boolean> => (await unmarked()).length === 0;

/** Many transactions, keys mixed, each key's counter in the order of its commits. */
async function addMixed(count: number, keys: number): Promise<void> {
  const inOrder = async (key: number): Promise<void> => {
    for (let n = key; n < count; n += keys) await bench.add(noted(`u${key}`, n));
  };
  await Promise.all(Array.from({ length: keys }, (_, key) => inOrder(key)));
}

function expectOrderOfEachKey(published: readonly PublishedNote[]): void {
  for (const own of Map.groupBy(published, ({ userId }) => userId).values()) {
    const order = own.map(({ n }) => n);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

describe('a relay', () => {
  it("publishes what was committed while it was away, in each key's order", async () => {
    await addMixed(600, 7);
    bench.relay();
    const published = await bench.published(600);
    expectOrderOfEachKey(published);
    expect(new Set(published.map(({ n }) => n)).size).toBe(600);
  });

  it('publishes more than fits in one look at the outbox', async () => {
    await bench.add(...Array.from({ length: 2_500 }, (_, n) => noted(`u${n % 5}`, n)));
    bench.relay();
    expectOrderOfEachKey(await bench.published(2_500));
    await eventually(allMarked, { what: 'all rows are marked' });
  });

  it('marks each row with the sequence at which the stream has it', async () => {
    bench.relay();
    await addMixed(50, 5);
    await bench.published(50);
    await eventually(allMarked, { what: 'all rows are marked' });
    const marks = await bench.tables.database.query<{ message_id: string; published_seq: number }>(
      'SELECT message_id, sequence AS published_seq FROM messaging.published ORDER BY sequence',
    );
    const stored = await bench.jet.stored('NOTES');
    expect(marks).toEqual(stored.map(({ id, sequence }) => ({ message_id: id, published_seq: sequence })));
  });

  it('is found by events whose wake-up was lost', async () => {
    bench.relay();
    await bench.add(noted('u1', 1));
    await bench.published(1);
    // Another library's transaction: nobody wakes the relay.
    const single = bench.tables.another(1);
    await single.query('BEGIN');
    await bench.outbox.add({ query: (text, values) => single.query(text, values) }, noted('u1', 2));
    await single.query('COMMIT');
    expect(await bench.published(2)).toHaveLength(2);
  });

  it('publishes nothing twice when it is stopped and started', async () => {
    const { relay, lease } = bench.relay();
    await bench.add(noted('u1', 1));
    await bench.published(1);
    await relay.stop();
    expect(relay.running).toBe(false);
    await bench.add(noted('u1', 2));
    relay.start(lease);
    expect((await bench.published(2)).map(({ n }) => n)).toEqual([1, 2]);
  });

  it('publishes, when it is stopped, what is there', async () => {
    await addMixed(200, 4);
    const { relay } = bench.relay();
    await relay.stop();
    expectOrderOfEachKey(await bench.published(200));
    expect(await unmarked()).toEqual([]);
  });

  it('lets no key wait for one of which the broker does not take an event', async () => {
    const { database } = bench.tables;
    await bench.add(noted('stuck', 1));
    await database.query(`UPDATE messaging.outbox SET subject = 'nowhere.stuck.noted'`);
    const { relay } = bench.relay();
    await bench.add(noted('stuck', 2), noted('u1', 3), noted('u2', 4));
    expect((await bench.published(2)).map(({ n }) => n).toSorted()).toEqual([3, 4]);
    await eventually(() => relay.lastError?.includes('No stream takes in'), { what: 'the failure is known' });
    await database.query(`UPDATE messaging.outbox SET subject = 'note.stuck.noted' WHERE key = 'stuck'`);
    expect((await bench.published(4)).slice(2).map(({ n }) => n)).toEqual([1, 2]);
    await eventually(() => relay.lastError === undefined, { what: 'the failure is over' });
  });

  it('is woken by notify() after the commit of another library', async () => {
    const { relay } = bench.relay();
    await bench.add(noted('u1', 1));
    await bench.published(1);
    const woken = jest.spyOn(relay, 'wake');
    bench.outbox.notify();
    expect(woken).toHaveBeenCalledTimes(1);
  });

  it('that is started again while it is being stopped goes on, and can be stopped', async () => {
    const { relay, lease } = bench.relay();
    await bench.add(noted('u1', 1));
    const stopped = relay.stop();
    relay.start(lease);
    await stopped;
    await bench.add(noted('u1', 2));
    expect((await bench.published(2)).map(({ n }) => n)).toEqual([1, 2]);
    await relay.stop();
    expect(relay.running).toBe(false);
  });
});

describe('two relays at once', () => {
  it("lose nothing, keep each key's order, and store no id twice", async () => {
    const other = await bench.jet.another();
    bench.relay();
    bench.relay({ broker: other });
    await addMixed(1_000, 9);
    const published = await bench.published(1_000);
    await eventually(allMarked, { what: 'all rows are marked' });
    expectOrderOfEachKey(published);
    expect(new Set((await bench.published(1_000)).map(({ id }) => id)).size).toBe(1_000);
  });
});

describe('rows that are published', () => {
  const LATER = `UPDATE messaging.published_slot SET since = since - interval '6 minutes'`;

  it('are kept for at least three slots, and then dropped as a whole', async () => {
    const { database } = bench.tables;
    const store = new HousekeepingStore(database);
    const { relay, lease } = bench.relay();
    await bench.add(noted('u1', 1), noted('u2', 2));
    await bench.published(2);
    await relay.stop();
    await bench.add(noted('u3', 3));
    const kept = async (): Promise<number> =>
      (await database.query('SELECT FROM messaging.published')).length;
    for (let rotations = 1; rotations < SLOTS; rotations++) {
      await database.query(LATER);
      await store.rotate(lease, (await store.slot()).current);
      expect(await kept()).toBe(2);
    }
    await store.rotate(lease, (await store.slot()).current);
    expect(await kept()).toBe(0);
    expect(await unmarked()).toHaveLength(1);
    const [known] = await database.query('SELECT sequence FROM messaging.relay_stream WHERE stream = $1', [
      'NOTES',
    ]);
    expect(known).toEqual({ sequence: 2 });
  });

  it('are not dropped while a backup reads them, and nothing waits for it', async () => {
    const { database } = bench.tables;
    const store = new HousekeepingStore(database);
    const { lease } = bench.relay();
    const backup = await holdTransaction(database, (tx) => tx.query('SELECT FROM messaging.published'));
    await expect(store.rotate(lease, 0)).rejects.toMatchObject({ code: '55P03' });
    await bench.add(noted('u1', 1));
    await bench.published(1);
    await eventually(allMarked, { what: 'the row is marked' });
    await backup.commit();
    expect(await store.rotate(lease, 0)).toBe(1);
  });
});
