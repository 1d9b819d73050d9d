import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { noted } from '../testing/events.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { cutWaitingSessions, waitingForLock } from '../testing/messaging-database.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../testing/outbox-bench.test-support.ts';

let bench: OutboxBench;
/** The batch of each message that publishers sent, '' for those that were sent alone. */
const sent: string[] = [];

beforeAll(async () => {
  bench = await startOutboxBench();
  bench.jet.connection.subscribe('note.*.*', {
    callback: (_error, { headers }) => void sent.push(headers?.get('Nats-Batch-Id') ?? ''),
  });
});

afterEach(async () => {
  await bench.reset();
  sent.length = 0;
});

afterAll(async () => {
  await bench.stop();
});

const HOT = 40;
const hotRows = (from = 0, count = HOT): Promise<string[]> =>
  bench.add(...Array.from({ length: count }, (_, n) => noted('hot', from + n)));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const inBatches = (): string[] => sent.filter((batch) => batch !== '');

/** The stream has each event of the key once, in order, and each row names the sequence at which it is. */
async function expectHotInOrder(count: number): Promise<void> {
  const published = (await bench.published(count)).filter(({ userId }) => userId === 'hot');
  expect(published.map(({ n }) => n)).toEqual(upTo(published.length));
  const rowsLeft = 'SELECT 1 FROM messaging.outbox';
  await eventually(async () => (await bench.tables.database.query(rowsLeft)).length === 0, {
    what: 'all rows are marked',
  });
  const marks = await bench.tables.database.query<{ id: string; sequence: number }>(
    'SELECT message_id AS id, sequence FROM messaging.published ORDER BY sequence',
  );
  const stored = await bench.jet.stored('NOTES');
  expect(marks).toEqual(stored.map(({ id, sequence }) => ({ id, sequence })));
}

describe('rows of one key that wait', () => {
  it('are published in order as a batch, each marked with its own sequence', async () => {
    await bench.add(noted('u1', 1));
    await hotRows();
    await bench.add(noted('u2', 2));
    bench.relay();
    await expectHotInOrder(HOT + 2);
    expect(inBatches()).toHaveLength(HOT);
    expect(new Set(inBatches()).size).toBe(1);
  });

  it('in greater number than a batch may hold are published in order', async () => {
    await hotRows(0, 2_300);
    bench.relay();
    await expectHotInOrder(2_300);
    expect(new Set(inBatches()).size).toBeGreaterThanOrEqual(5);
  });

  it('are published one by one, in order, to a stream that takes no batches', async () => {
    await bench.jet.manager.streams.update('NOTES', { allow_atomic: false });
    await hotRows();
    bench.relay();
    await expectHotInOrder(HOT);
    await hotRows(HOT);
    await expectHotInOrder(2 * HOT);
    // The first of the two showed that the stream takes none.
    expect(inBatches()).toHaveLength(HOT);
  });

  it('are published up to the one that the broker refuses, and from there once it takes it', async () => {
    const { database } = bench.tables;
    await hotRows();
    await database.query(`UPDATE messaging.outbox SET subject = 'nowhere.hot.noted' WHERE id = (
      SELECT id + 20 FROM messaging.outbox ORDER BY id LIMIT 1)`);
    bench.relay();
    await bench.add(noted('u1', 1));
    expect((await bench.published(21)).filter(({ userId }) => userId === 'hot')).toHaveLength(20);
    await database.query(`UPDATE messaging.outbox SET subject = 'note.hot.noted' WHERE key = 'hot'`);
    await expectHotInOrder(HOT + 1);
  });
});

describe('a batch that is stored and not marked', () => {
  it('because its relay ended is recognised by the next one, and the stream has each event once', async () => {
    const { database } = bench.tables;
    await hotRows();
    const rows = await holdTransaction(database, (tx) =>
      tx.query('SELECT 1 FROM messaging.outbox FOR UPDATE'),
    );
    const doomed = bench.tables.another(2);
    const { relay, publisher } = bench.relay({ database: doomed });
    await bench.published(HOT);
    await eventually(async () => (await waitingForLock(database)) === 1, { what: 'the mark waits' });
    await cutWaitingSessions(database);
    publisher.close();
    await doomed.close();
    await relay.stop();
    await rows.commit();
    await hotRows(HOT);
    bench.relay();
    await expectHotInOrder(2 * HOT);
    // As a batch, which was refused, and then alone.
    expect(sent.length).toBeGreaterThan(2 * HOT);
  });

  it('because its answer was lost is recognised, and the stream has each event once', async () => {
    const { relay } = bench.relay({ publisher: { ackTimeoutMs: 100, maxSends: 1 } });
    await bench.add(noted('u1', 1));
    await bench.published(1);
    await bench.jet.frozen(async () => {
      await hotRows();
      await eventually(() => relay.lastError !== undefined, { what: 'the relay has given up waiting' });
    });
    await hotRows(HOT);
    await expectHotInOrder(2 * HOT + 1);
    expect(inBatches().length).toBeGreaterThanOrEqual(HOT);
  });
});

describe('a broker that is killed while batches come in', () => {
  it('has everything in order when it is back', async () => {
    bench.relay({ publisher: { ackTimeoutMs: 300, maxSends: 100 } });
    const rounds = 30;
    for (let round = 0; round < rounds; round++) {
      await hotRows(round * HOT);
      if (round % 10 !== 5) continue;
      const before = sent.length;
      await eventually(() => sent.length > before || sent.length === (round + 1) * HOT, { what: 'load' });
      await bench.jet.nats.kill('SIGKILL');
      await bench.jet.restart();
    }
    await expectHotInOrder(rounds * HOT);
    expect(inBatches().length).toBeGreaterThan(HOT);
  });
});
