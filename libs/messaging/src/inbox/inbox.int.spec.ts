import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import {
  startMessagingDatabase,
  type TestDatabase,
  waitingForLock,
} from '../testing/messaging-database.test-support.ts';
import { type Claim, Inbox, type InboxMessage, pruneInbox } from './inbox.ts';

jest.setTimeout(60_000);

let tables: TestDatabase;
const inbox = new Inbox('ordered');

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterEach(async () => {
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

const message = (messageId: string, key = 'u1', sequence = 1): InboxMessage => ({
  messageId,
  key,
  stream: 'ORDERS',
  sequence,
});

const claim = (...messages: InboxMessage[]): Promise<Claim[]> =>
  tables.database.transaction((tx) => inbox.claim(tx, messages));
const look = (wanted: InboxMessage): Promise<Claim> => inbox.look(tables.database, wanted);
const fail = (wanted: InboxMessage, delayMs: number, attempts = 1): Promise<void> =>
  inbox.recordAttempt(tables.database, wanted, {
    attempts,
    delayMs,
    history: [{ at: 'now', error: 'failed' }],
  });
const block = (key: string): Promise<unknown> =>
  tables.database.query(
    `INSERT INTO messaging.blocked_key (consumer, key, partition, state) VALUES ('ordered', $1, 0, 'blocked')`,
    [key],
  );
const states = (claims: readonly Claim[]): string[] => claims.map(({ state }) => state);
const rows = (): Promise<{ message_id: string; state: string }[]> =>
  tables.database.query('SELECT message_id, state FROM messaging.inbox ORDER BY message_id');

describe('a message', () => {
  it('is new once, and seen from then on', async () => {
    expect(await claim(message('a'))).toEqual([{ state: 'new', attempts: 0, history: [] }]);
    expect(await claim(message('a'))).toEqual([{ state: 'seen' }]);
  });

  it('is still new when the transaction that claimed it rolled back', async () => {
    const first = await holdTransaction(tables.database, (tx) => inbox.claim(tx, [message('a')]));
    await first.rollBack();
    expect(states(await claim(message('a')))).toEqual(['new']);
  });

  it('is new to each queue group for itself', async () => {
    await claim(message('a'));
    const other = await tables.database.transaction((tx) => new Inbox('mailer').claim(tx, [message('a')]));
    expect(states(other)).toEqual(['new']);
  });

  it('that is twice in one batch is new once', async () => {
    const claims = await claim(message('a', 'u1', 1), message('b', 'u1', 2), message('a', 'u1', 3));
    expect(states(claims)).toEqual(['new', 'new', 'seen']);
  });

  it('gets its answer at its own place in the batch', async () => {
    await claim(message('b'));
    expect(states(await claim(message('c'), message('b'), message('a')))).toEqual(['new', 'seen', 'new']);
  });

  it('brings its attempts and their history along', async () => {
    await fail(message('a'), 0, 3);
    expect(await claim(message('a'))).toEqual([
      { state: 'new', attempts: 3, history: [{ at: 'now', error: 'failed' }] },
    ]);
  });
});

describe('two transactions that claim one id at the same moment', () => {
  const claimBeside = async (): Promise<{
    second: Promise<Claim[]>;
    end: Awaited<ReturnType<typeof holdTransaction>>;
  }> => {
    const end = await holdTransaction(tables.database, (tx) => inbox.claim(tx, [message('a')]));
    const second = claim(message('a'));
    await eventually(async () => (await waitingForLock(tables.database)) === 1, {
      what: 'the second one waits',
    });
    return { second, end };
  };

  it('let the second one see it when the first commits', async () => {
    const { second, end } = await claimBeside();
    await end.commit();
    expect(states(await second)).toEqual(['seen']);
  });

  it('let the second one have it when the first rolls back', async () => {
    const { second, end } = await claimBeside();
    await end.rollBack();
    expect(states(await second)).toEqual(['new']);
    expect(await rows()).toEqual([{ message_id: 'a', state: 'handled' }]);
  });
});

describe('a key that waits for a retry', () => {
  it('keeps its messages waiting, unrecorded, while others pass', async () => {
    await fail(message('a'), 60_000);
    const [first, second, other] = await claim(message('a'), message('b'), message('c', 'u2'));
    expect(first).toMatchObject({ state: 'waiting' });
    expect(first?.state === 'waiting' && first.forMs).toBeGreaterThan(50_000);
    expect([second?.state, other?.state]).toEqual(['waiting', 'new']);
    expect(await rows()).toEqual([{ message_id: 'c', state: 'handled' }]);
  });

  it('lets a message that comes again after it took effect be acknowledged', async () => {
    await claim(message('a'));
    await fail(message('b'), 60_000);
    expect(states(await claim(message('a'), message('b')))).toEqual(['seen', 'waiting']);
  });

  it('flows again once the time has come', async () => {
    await fail(message('a'), 1);
    await eventually(async () => (await look(message('a'))).state === 'new', { what: 'the wait is over' });
    expect(states(await claim(message('a'), message('b')))).toEqual(['new', 'new']);
  });
});

describe('a blocked key', () => {
  it('has its messages recorded as parked, once, while others pass', async () => {
    await block('u1');
    expect(states(await claim(message('a'), message('b', 'u2')))).toEqual(['blocked', 'new']);
    expect(await rows()).toEqual([
      { message_id: 'a', state: 'parked' },
      { message_id: 'b', state: 'handled' },
    ]);
    expect(states(await claim(message('a')))).toEqual(['seen']);
  });

  it('cannot be unblocked between the look at it and the commit', async () => {
    await block('u1');
    const claimed = await holdTransaction(tables.database, (tx) => inbox.claim(tx, [message('a')]));
    let unblocked = false;
    const unblocking = tables.database
      .query('DELETE FROM messaging.blocked_key')
      .then(() => (unblocked = true));
    await eventually(async () => unblocked || (await waitingForLock(tables.database)) === 1, {
      what: 'it waits',
    });
    expect(unblocked).toBe(false);
    await claimed.commit();
    await unblocking;
  });
});

describe('look()', () => {
  it('says what is to be done, and records nothing', async () => {
    expect(await look(message('a'))).toEqual({ state: 'new', attempts: 0, history: [] });
    expect(await rows()).toEqual([]);
    await claim(message('a'));
    expect(await look(message('a'))).toEqual({ state: 'seen' });
  });
});

describe('pruning', () => {
  it('removes what was handled longer ago than a stream remembers, and nothing else', async () => {
    await block('u2');
    await claim(message('old'), message('parked', 'u2'));
    await tables.database.query(`UPDATE messaging.inbox SET received_at = received_at - interval '9 days'`);
    await claim(message('young'));
    expect(await pruneInbox(tables.database, 8 * 86_400_000)).toBe(1);
    expect((await rows()).map(({ message_id }) => message_id)).toEqual(['parked', 'young']);
  });

  it('does not take what a transaction older than the row has just handled', async () => {
    // now() is the start of the transaction: a row of a long one would be born old.
    const [row] = await tables.database.transaction(async (tx) => {
      await tx.query('SELECT pg_sleep(0.3)');
      await inbox.claim(tx, [message('a')]);
      return await tx.query<{ age: number }>(
        'SELECT extract(epoch FROM clock_timestamp() - received_at)::float8 AS age FROM messaging.inbox',
      );
    });
    expect(row?.age).toBeLessThan(0.2);
  });
});
