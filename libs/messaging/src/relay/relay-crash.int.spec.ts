import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { noted } from '../testing/events.test-support.ts';
import { type HeldTransaction, holdTransaction } from '../testing/held-transaction.test-support.ts';
import { cutWaitingSessions, waitingForLock } from '../testing/messaging-database.test-support.ts';
import { type OutboxBench, startOutboxBench, type TestRelay } from '../testing/outbox-bench.test-support.ts';

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

const allMarked = async (): Promise<boolean> => {
  const left = await bench.tables.database.query('SELECT 1 FROM messaging.outbox');
  return left.length === 0;
};

/** Locked rows can be read and published, but not marked. */
const lockRows = (): Promise<HeldTransaction> =>
  holdTransaction(bench.tables.database, (tx) => tx.query('SELECT 1 FROM messaging.outbox FOR UPDATE'));

/** Ends a relay after its events are stored and before they are marked, as a crash would. */
async function crashBeforeMark(count: number): Promise<void> {
  const { database } = bench.tables;
  const rows = await lockRows();
  const doomed = bench.tables.another(2);
  const { relay, publisher } = bench.relay({ database: doomed });
  await bench.published(count);
  await eventually(async () => (await waitingForLock(database)) === 1, {
    what: 'the mark waits for its rows',
  });
  await cutWaitingSessions(database);
  publisher.close();
  await doomed.close();
  await relay.stop();
  await rows.commit();
  expect(await allMarked()).toBe(false);
}

describe('a relay that ends between publish and mark', () => {
  it('is followed by one that publishes again, and the stream has each event once', async () => {
    await bench.add(noted('u1', 1), noted('u1', 2), noted('u2', 3));
    await crashBeforeMark(3);
    bench.relay();
    await eventually(allMarked, { what: 'all rows are marked' });
    const published = await bench.published(3);
    expect(published.filter(({ userId }) => userId === 'u1').map(({ n }) => n)).toEqual([1, 2]);
  });

  it('is followed by one that uses the same ids', async () => {
    const sent: string[] = [];
    bench.jet.connection.subscribe('note.*.*', {
      // What publishers send, before the stream sees to duplicates.
      callback: (_error, message) => void sent.push(message.headers?.get('Nats-Msg-Id') ?? ''),
    });
    const ids = await bench.add(noted('u1', 1), noted('u1', 2));
    await crashBeforeMark(2);
    bench.relay();
    await eventually(() => sent.length === 4, { what: 'each event was sent twice' });
    expect(sent).toEqual([...ids, ...ids]);
  });

  it('goes on by itself when only its connection was cut', async () => {
    const { database } = bench.tables;
    await bench.add(noted('u1', 1));
    const rows = await lockRows();
    bench.relay();
    await eventually(async () => (await waitingForLock(database)) === 1, {
      what: 'the mark waits for its row',
    });
    await cutWaitingSessions(database);
    await rows.commit();
    await eventually(allMarked, { what: 'the row is marked' });
    await bench.add(noted('u1', 2));
    expect((await bench.published(2)).map(({ n }) => n)).toEqual([1, 2]);
  });
});

describe('a broker that goes away', () => {
  const patient = { publisher: { ackTimeoutMs: 300, maxSends: 100 } };

  it('gets everything in order when it is back', async () => {
    bench.relay(patient);
    await bench.add(noted('u1', 0));
    await bench.published(1);
    await bench.jet.nats.kill('SIGKILL');
    for (let n = 1; n <= 60; n++) await bench.add(noted(`u${n % 3}`, n));
    await bench.jet.restart();
    const published = await bench.published(61);
    for (const own of Map.groupBy(published, ({ userId }) => userId).values()) {
      const order = own.map(({ n }) => n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
    await eventually(allMarked, { what: 'all rows are marked' });
  });

  it('gets everything in order also after the relay gave up and tried again', async () => {
    const { relay } = bench.relay({ publisher: { ackTimeoutMs: 100, maxSends: 1 } });
    await bench.jet.nats.kill('SIGKILL');
    for (let n = 1; n <= 30; n++) await bench.add(noted(`u${n % 2}`, n));
    await eventually(() => relay.lastError !== undefined, { what: 'a publish failed' });
    await bench.jet.restart();
    const published = await bench.published(30);
    for (const own of Map.groupBy(published, ({ userId }) => userId).values()) {
      const order = own.map(({ n }) => n);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });

  it.each([
    ['with a publish under way', { ackTimeoutMs: 200, maxSends: 2 }],
    ['between two tries', { ackTimeoutMs: 50, maxSends: 1 }],
  ])('does not keep a relay from stopping, %s', async (_, publisher) => {
    const { relay, lease }: TestRelay = bench.relay({ publisher });
    await bench.jet.nats.kill('SIGKILL');
    await bench.add(noted('u1', 1), noted('u2', 2), noted('u1', 3));
    if (publisher.maxSends === 1) {
      await eventually(() => relay.lastError !== undefined, { what: 'a publish failed' });
    }
    const startedAt = performance.now();
    await relay.stop();
    expect(performance.now() - startedAt).toBeLessThan(busyBound(3_000));
    await bench.jet.restart();
    expect(await allMarked()).toBe(false);
    relay.start(lease);
    await bench.published(3);
  });
});
