import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReceivedMessage } from '../message/received-message.ts';
import { DeadLetterWriter } from '../dead-letter/dead-letter-writer.ts';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { Claims } from './claims.ts';
import { DeferredClaims } from './deferred-claims.ts';
import { Deferring } from './deferring.ts';

let tables: TestDatabase;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterEach(async () => {
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

const claims = (): Claims =>
  new Claims({
    inbox: new Inbox(ORDERED, { inOrder: true }),
    rows: new DeferredClaims(ORDERED),
    consumer: ORDERED,
  });

const claim = async (...messages: ReceivedMessage[]): Promise<string[]> =>
  await tables.database.transaction(async (tx) =>
    (await claims().claim(tx, messages)).map(({ state }) => state),
  );

/** Moves messages of one key to the database, and gives them their rows. */
async function defer(...messages: ReceivedMessage[]): Promise<void> {
  const deferring = new Deferring(tables.database, ORDERED, undefined);
  const key = messages[0]?.key ?? '';
  const rows = await deferring.move({ key, partition: 0, messages, leases: [], wait: undefined });
  for (const [held, id] of rows) held.parkedId = id;
}

const rowsOf = async (key: string): Promise<string[]> =>
  (
    await tables.database.query<{ message_id: string }>(
      'SELECT message_id FROM messaging.parked WHERE key = $1 ORDER BY id',
      [key],
    )
  ).map((row) => row.message_id);

const counter = async (key: string): Promise<number | undefined> =>
  (
    await tables.database.query<{ messages: number }>(
      'SELECT messages FROM messaging.blocked_key WHERE key = $1',
      [key],
    )
  )[0]?.messages;

describe('messages of the database and of the stream in one transaction', () => {
  it('are all claimed when the last row of the key is, and the key flows', async () => {
    const [a, b, late] = [receivedMessage('u1'), receivedMessage('u1'), receivedMessage('u1')];
    await defer(a, b);
    expect(await claim(a, b, late)).toEqual(['new', 'new', 'new']);
    expect(await rowsOf('u1')).toEqual([]);
    expect(await counter('u1')).toBeUndefined();
  });

  it('are claimed up to what the database has beyond them: what follows is kept behind that', async () => {
    const [a, b, late] = [receivedMessage('u1'), receivedMessage('u1'), receivedMessage('u1')];
    await defer(a, b);
    expect(await claim(a, late)).toEqual(['new', 'blocked']);
    expect(await rowsOf('u1')).toEqual([b.messageId, late.messageId]);
    expect(await counter('u1')).toBe(2);
  });

  it('leave everything as it was when the transaction is rolled back', async () => {
    const [a, late] = [receivedMessage('u1'), receivedMessage('u1')];
    await defer(a);
    const failed = tables.database.transaction(async (tx) => {
      await claims().claim(tx, [a, late]);
      throw new Error('a handler failed');
    });
    await expect(failed).rejects.toThrow('a handler failed');
    expect(await rowsOf('u1')).toEqual([a.messageId]);
    expect(await counter('u1')).toBe(1);
  });
});

describe('a row', () => {
  it('is left where it is while an earlier one of its key is there', async () => {
    const [a, b, c] = [receivedMessage('u1'), receivedMessage('u1'), receivedMessage('u1')];
    await defer(a, b, c);
    expect(await claim(b)).toEqual(['seen']);
    expect(await claim(a, c)).toEqual(['new', 'seen']);
    expect(await rowsOf('u1')).toEqual([b.messageId, c.messageId]);
  });

  it('is left where it is behind a dead letter', async () => {
    const [dead, behind] = [receivedMessage('u1'), receivedMessage('u1')];
    await tables.database.transaction((tx) =>
      new DeadLetterWriter({ consumer: ORDERED, name: 'counter' }).write(tx, dead, {
        reason: 'broken',
        attempts: 1,
        history: [],
        deaths: 1,
        blocks: true,
      }),
    );
    await defer(behind);
    expect(await claim(behind)).toEqual(['seen']);
    expect(await counter('u1')).toBe(2);
  });

  it('brings its attempts along', async () => {
    const inbox = new Inbox(ORDERED, { inOrder: true });
    const held = receivedMessage('u1');
    await inbox.recordAttempt(tables.database, held, { attempts: 3, delayMs: 60_000, history: [] });
    await defer(held);
    expect(await tables.database.query('SELECT FROM messaging.attempt')).toEqual([]);
    const [found] = await tables.database.transaction((tx) => claims().claim(tx, [held]));
    expect(found).toEqual({ state: 'new', attempts: 3, history: [] });
  });
});

describe('a move', () => {
  it('leaves out what has taken effect already, and blocks no key for it', async () => {
    const held = receivedMessage('u1');
    await claim(held);
    await defer(held);
    expect(held.parkedId).toBeUndefined();
    expect(await counter('u1')).toBeUndefined();
  });

  it('keeps the order of each key, of many keys at once', async () => {
    const deferring = new Deferring(tables.database, ORDERED, undefined);
    const lanes = Array.from({ length: 300 }, (_, n) =>
      [0, 1, 2].map(() => receivedMessage(`u${String(n)}`)),
    );
    await Promise.all(
      lanes.map((messages, n) =>
        deferring.move({ key: `u${String(n)}`, partition: 0, messages, leases: [], wait: undefined }),
      ),
    );
    const rows = await tables.database.query<{ ids: string[] }>(
      'SELECT array_agg(message_id ORDER BY id) AS ids FROM messaging.parked GROUP BY key',
    );
    const wanted = new Set(lanes.map((messages) => messages.map(({ messageId }) => messageId).join()));
    expect(new Set(rows.map(({ ids }) => ids.join()))).toEqual(wanted);
  });
});
