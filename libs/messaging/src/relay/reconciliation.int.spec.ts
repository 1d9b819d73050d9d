import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { headers } from '@nats-io/transport-node';
import { eventually } from '@orderflow/testing';
import { noted, NOTES } from '../testing/events.test-support.ts';
import { type OutboxBench, startOutboxBench, type TestRelay } from '../testing/outbox-bench.test-support.ts';
import { PublishedStore } from '../outbox/published-store.ts';
import { Reconciliation } from './reconciliation.ts';

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

const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);
const addAll = (numbers: readonly number[], keys = 3): Promise<string[]> =>
  bench.add(...numbers.map((n) => noted(`u${n % keys}`, n)));
const isMarked = async (): Promise<boolean> =>
  (await bench.tables.database.query('SELECT FROM messaging.outbox')).length === 0;
const untilMarked = (): Promise<unknown> => eventually(isMarked, { what: 'all rows are marked' });
const streams = (): typeof bench.jet.manager.streams => bench.jet.manager.streams;

/** Somebody else deletes the stream and creates it again, between two publishes of the relay. */
async function recreate(): Promise<void> {
  await streams().delete(NOTES.name);
  await bench.jet.provisioner().provision(NOTES);
}

/** Each once, and those of each key in their order. */
async function expectStored(numbers: readonly number[], inOrder = numbers): Promise<void> {
  const stored = await eventually(
    async () => {
      const { state } = await streams().info(NOTES.name);
      return state.messages >= numbers.length && (await isMarked())
        ? await bench.published(state.messages)
        : undefined;
    },
    { what: `${numbers.length} events are stored and marked` },
  );
  expect(stored.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual([...numbers]);
  for (const own of Map.groupBy(stored, ({ userId }) => userId).values()) {
    const order = own.map(({ n }) => n).filter((n) => inOrder.includes(n));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

async function publishFirst(count: number): Promise<TestRelay> {
  const relay = bench.relay();
  await addAll(upTo(count));
  await bench.published(count);
  await untilMarked();
  return relay;
}

describe('a stream that somebody else created again between two publishes', () => {
  it('has everything once and in order, without a reconnect or a restart', async () => {
    const { log } = await publishFirst(20);
    await recreate();
    await addAll(upTo(25, 21));
    // What was under way before the first answer showed it stands where it was stored; all that was lost is in order.
    await expectStored(upTo(25), upTo(20));
    const reasons = log.entries.map(({ fields }) => JSON.stringify(fields));
    expect(reasons.filter((reason) => reason.includes('given again'))).toHaveLength(1);
  });

  it.each([10, 30])(
    'and that %d others were published to has everything after a restart of the relay',
    async (more) => {
      const { relay } = await publishFirst(20);
      await relay.stop();
      await recreate();
      const next = bench.relay();
      await addAll(upTo(20 + more, 21));
      await expectStored(upTo(20 + more));
      await next.relay.stop();
      bench.relay();
      await expectStored(upTo(20 + more));
    },
  );

  it('and filled beyond the known sequences by others is noticed although sequences rise', async () => {
    await publishFirst(5);
    await recreate();
    for (let n = 0; n < 10; n++)
      bench.jet.connection.publish('note.foreign.noted', JSON.stringify({ userId: 'x', n: -n, text: '' }));
    await bench.jet.connection.flush();
    await eventually(
      async () => {
        const { state } = await streams().info(NOTES.name);
        return state.messages >= 15 && (await isMarked());
      },
      { what: 'the five are back' },
    );
    const published = (await bench.published(15)).filter(({ userId }) => userId !== 'x');
    expect(published.map(({ n }) => n).toSorted()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a stream that has lost its end', () => {
  it('gets what it lost, once and in order, before anything newer', async () => {
    const { relay } = await publishFirst(30);
    await relay.stop();
    // As after a power loss: the rows say 30, the stream counts 12.
    const kept = (await bench.published(30)).slice(0, 12);
    await recreate();
    for (const { id, userId, n } of kept) {
      const fields = headers();
      fields.set('Nats-Msg-Id', id);
      bench.jet.connection.publish(`note.${userId}.noted`, JSON.stringify({ userId, n, text: '' }), {
        headers: fields,
      });
    }
    await bench.jet.connection.flush();
    const { created } = await streams().info(NOTES.name);
    await bench.tables.database.query('UPDATE messaging.published SET incarnation = $1', [created]);
    await bench.tables.database.query('UPDATE messaging.relay_stream SET incarnation = $1', [created]);
    await addAll(upTo(35, 31));
    bench.relay();
    await expectStored(upTo(35));
  });
});

describe('what an operator took away', () => {
  it('by a purge does not come back', async () => {
    const { relay, log } = await publishFirst(20);
    await streams().purge(NOTES.name);
    relay.reconcile('the test');
    await addAll(upTo(22, 21));
    await expectStored([21, 22]);
    await relay.stop();
    const next = bench.relay();
    await addAll([23]);
    await expectStored([21, 22, 23]);
    // The broker would take them for duplicates; that they are not sent at all shows here.
    for (const { message } of [...log.entries, ...next.log.entries])
      expect(message).not.toContain('lost events');
  });

  it('message by message, the newest included, does not come back', async () => {
    const { relay, log } = await publishFirst(10);
    for (const sequence of [4, 9, 10]) await streams().deleteMessage(NOTES.name, sequence);
    relay.reconcile('the test');
    await addAll([11]);
    const stored = await eventually(
      async () => {
        const { state } = await streams().info(NOTES.name);
        return state.last_seq === 11 && (await isMarked()) ? state : undefined;
      },
      { what: 'the next one is stored' },
    );
    expect(stored.messages).toBe(8);
    for (const { message } of log.entries) expect(message).not.toContain('lost events');
  });
});

describe('a very large loss', () => {
  const ROWS = 40_000;
  const FILL = `
    INSERT INTO messaging.published (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload)
    SELECT n % 4, 'NOTES', 'lost', n, n, 'm' || n, 'note.u' || n % 50 || '.noted', 'u' || n % 50, '{}',
      json_build_object('userId', 'u' || n % 50, 'n', n, 'text', '') FROM generate_series(1, $1::int) AS n`;

  it('is put back in slices, each of them short, and a process that ends in between leaves nothing behind', async () => {
    const { database } = bench.tables;
    const { lease, relay } = bench.relay();
    await relay.stop();
    await database.query(FILL, [ROWS]);
    const info = await streams().info(NOTES.name);
    const parts = {
      manager: bench.jet.manager,
      log: { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() },
    };
    let statements = 0;
    const dying = new PublishedStore({
      query: (text, values) => database.query(text, values),
      transaction: (work) => {
        if (++statements > 5) throw new Error('killed');
        return database.transaction(async (tx) => {
          await tx.query(`SET LOCAL statement_timeout = '1s'`);
          return await work(tx);
        });
      },
    });
    await expect(
      new Reconciliation({ ...parts, store: dying, slice: 1_000 }).reconcile(info, lease),
    ).rejects.toThrow('killed');
    const left = async (): Promise<number> =>
      (await database.query('SELECT FROM messaging.published')).length;
    expect(await left()).toBe(ROWS - 5_000);
    const whole = new Reconciliation({ ...parts, store: new PublishedStore(database) });
    expect(await whole.reconcile(info, lease)).toBe(ROWS - 5_000);
    expect(await left()).toBe(0);
    const [row] = await database.query('SELECT count(*) AS count, min(id) AS first FROM messaging.outbox');
    expect(row).toEqual({ count: ROWS, first: 1 });
  });

  it('is put back by nobody whose lease is over', async () => {
    const { database } = bench.tables;
    const { lease, relay } = bench.relay();
    await relay.stop();
    await database.query(FILL, [10]);
    const info = await streams().info(NOTES.name);
    const parts = {
      manager: bench.jet.manager,
      log: { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() },
    };
    const stale = new Reconciliation({ ...parts, store: new PublishedStore(database) });
    await expect(stale.reconcile(info, { ...lease, epoch: 0 })).rejects.toMatchObject({
      code: 'OWNERSHIP_LOST',
    });
  });
});
