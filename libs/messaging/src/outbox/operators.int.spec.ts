import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { noted, NOTES } from '../testing/events.test-support.ts';
import { type OutboxBench, startOutboxBench } from '../testing/outbox-bench.test-support.ts';
import { AcceptedEvents } from './accepted-events.ts';
import { PublishedStore } from './published-store.ts';
import { RefusedEvents } from './refused-events.ts';

let bench: OutboxBench;
const decision = { who: 'ada', why: 'the test' };

beforeAll(async () => {
  bench = await startOutboxBench();
});

afterEach(async () => {
  await bench.reset();
});

afterAll(async () => {
  await bench.stop();
});

const emptied = async (): Promise<boolean> =>
  (await bench.tables.database.query('SELECT FROM messaging.outbox')).length === 0;

describe('an event that the broker will never take', () => {
  async function refuseOne(): Promise<{ events: RefusedEvents; messageId: string }> {
    await bench.add(noted('stuck', 1));
    await bench.tables.database.query(`UPDATE messaging.outbox SET payload = repeat('x', 2000000)`);
    const { relay } = bench.relay();
    await bench.add(noted('stuck', 2), noted('stuck', 3));
    const events = new RefusedEvents(bench.tables.database, () => relay.wake());
    const [refused] = await eventually(
      async () => ((await events.list()).length === 1 ? await events.list() : undefined),
      {
        what: 'it is listed',
      },
    );
    expect(refused).toMatchObject({ stream: 'NOTES', key: 'stuck', bytes: 2_000_000, behind: 2 });
    return { events, messageId: refused?.messageId ?? '' };
  }

  it('is published, and what waits behind it, when it is retried after a repair', async () => {
    const { events, messageId } = await refuseOne();
    await bench.tables.database.query(
      `UPDATE messaging.outbox SET payload = '{"userId":"stuck","n":1,"text":""}' WHERE state = 'refused'`,
    );
    await events.retry(messageId, decision);
    expect((await bench.published(3)).map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('lets what waits behind it go when it is discarded, and the decision keeps its payload', async () => {
    const { events, messageId } = await refuseOne();
    await events.discard(messageId, decision);
    expect((await bench.published(2)).map(({ n }) => n)).toEqual([2, 3]);
    expect(await events.list()).toEqual([]);
    const [record] = await bench.tables.database.query(
      'SELECT who, action, octet_length(payload_before) AS bytes FROM messaging.intervention',
    );
    expect(record).toEqual({ who: 'ada', action: 'discard-event', bytes: 2_000_000 });
    await expect(events.discard(messageId, decision)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a database that was put back to an older moment', () => {
  it('is named, nothing more is published, and after the decision it goes on', async () => {
    const { relay } = bench.relay();
    await bench.add(noted('u1', 1), noted('u2', 2));
    await bench.published(2);
    await eventually(emptied, { what: 'all are marked' });
    const { database } = bench.tables;
    await database.query('CREATE TABLE backup AS SELECT * FROM messaging.published');
    await bench.add(noted('u1', 3), noted('u2', 4));
    await bench.published(4);
    await eventually(emptied, { what: 'all are marked' });
    await relay.stop();
    await database.query('TRUNCATE messaging.published');
    await database.query('INSERT INTO messaging.published SELECT * FROM backup');
    await database.query('DROP TABLE backup');
    await bench.add(noted('u1', 5));
    const next = bench.relay();
    const state = (): unknown => next.relay.streams.find(({ stream }) => stream === NOTES.name)?.state;
    await eventually(() => state() === 'behind', { what: 'it is noticed' });
    const said = next.log.entries.find(({ message }) => message.startsWith('DATABASE_BEHIND_STREAM'));
    expect(said).toMatchObject({ level: 'error', fields: { first: [{ sequence: 3 }, { sequence: 4 }] } });
    expect(await bench.published(4)).toHaveLength(4);
    const { manager } = bench.jet;
    const accepted = new AcceptedEvents({
      database,
      manager,
      published: new PublishedStore(database),
      service: NOTES.owner,
    });
    expect(await accepted.accept(NOTES.name, decision)).toBe(2);
    await eventually(() => state() === 'healthy', { what: 'it goes on' });
    expect((await bench.published(5)).map(({ n }) => n).toSorted()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is not suspected of it by an event whose mark was lost, by foreign ones, or after the rows were dropped', async () => {
    const { relay } = bench.relay();
    const [id = ''] = await bench.add(noted('u1', 1));
    await bench.published(1);
    await eventually(emptied, { what: 'it is marked' });
    await relay.stop();
    const { database, another } = bench.tables;
    expect(another).toBeDefined();
    // As if the mark had been lost.
    await database.query(`
      WITH lost AS (DELETE FROM messaging.published RETURNING *)
      INSERT INTO messaging.outbox (id, message_id, stream, subject, key, headers, payload) OVERRIDING SYSTEM VALUE
      SELECT outbox_id, message_id, stream, subject, key, headers, payload FROM lost`);
    await database.query('UPDATE messaging.relay_stream SET sequence = 0');
    bench.jet.connection.publish('note.u9.noted', JSON.stringify({ userId: 'u9', n: 9, text: '' }));
    await bench.jet.connection.flush();
    const { relay: next } = bench.relay();
    await eventually(emptied, { what: 'it is marked' });
    expect(next.streams.find(({ stream }) => stream === NOTES.name)?.state).toBe('healthy');
    const stored = await bench.published(2);
    expect(stored.filter((note) => note.id === id)).toHaveLength(1);
  });
});
