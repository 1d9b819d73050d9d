import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import {
  blockKey,
  claim,
  inbox,
  inboxMessage,
  inboxRows,
  recordFailure,
  statesOf,
} from '../testing/inbox.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import {
  startMessagingDatabase,
  type TestDatabase,
  waitingForLock,
} from '../testing/messaging-database.test-support.ts';
import type { Claim, InboxMessage } from './claim.ts';
import { Inbox } from './inbox.ts';

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

const message = inboxMessage;
const peek = (wanted: InboxMessage): Promise<Claim> => inbox.peek(tables.database, wanted);

describe('a key that waits for a retry', () => {
  it('keeps its messages waiting, unrecorded, while others pass', async () => {
    await recordFailure(tables.database, message('a'), 60_000);
    const [first, second, other] = await claim(
      tables.database,
      message('a'),
      message('b'),
      message('c', 'u2'),
    );
    expect(first).toMatchObject({ state: 'waiting' });
    expect(first?.state === 'waiting' && first.forMs).toBeGreaterThan(50_000);
    expect([second?.state, other?.state]).toEqual(['waiting', 'new']);
    expect(await inboxRows(tables.database)).toEqual([{ message_id: 'c', state: 'handled' }]);
  });

  it('lets a message that comes again after it took effect be acknowledged', async () => {
    await claim(tables.database, message('a'));
    await recordFailure(tables.database, message('b'), 60_000);
    expect(statesOf(await claim(tables.database, message('a'), message('b')))).toEqual(['seen', 'waiting']);
  });

  it('flows again once the time has come', async () => {
    await recordFailure(tables.database, message('a'), 1);
    await eventually(async () => (await peek(message('a'))).state === 'new', { what: 'the wait is over' });
    expect(statesOf(await claim(tables.database, message('a'), message('b')))).toEqual(['new', 'new']);
  });
});

describe('a queue group, which keeps no order', () => {
  it('lets only the message wait that failed', async () => {
    const group = new Inbox('mailer', { inOrder: false });
    const history = [{ at: 'now', error: 'failed' }];
    await group.recordAttempt(tables.database, message('a'), { attempts: 1, delayMs: 60_000, history });
    const claims = await tables.database.transaction((tx) => group.claim(tx, [message('a'), message('b')]));
    expect(statesOf(claims)).toEqual(['waiting', 'new']);
  });
});

describe('a blocked key', () => {
  it('has its messages recorded as parked, once, while others pass', async () => {
    await blockKey(tables.database, 'u1');
    expect(statesOf(await claim(tables.database, message('a'), message('b', 'u2')))).toEqual([
      'blocked',
      'new',
    ]);
    expect(await inboxRows(tables.database)).toEqual([
      { message_id: 'a', state: 'parked' },
      { message_id: 'b', state: 'handled' },
    ]);
    expect(statesOf(await claim(tables.database, message('a')))).toEqual(['seen']);
  });

  it('cannot be unblocked between the look at it and the commit', async () => {
    await blockKey(tables.database, 'u1');
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

describe('peek()', () => {
  it('says what is to be done, and records nothing', async () => {
    expect(await peek(message('a'))).toEqual({ state: 'new', attempts: 0, history: [] });
    expect(await inboxRows(tables.database)).toEqual([]);
    await claim(tables.database, message('a'));
    expect(await peek(message('a'))).toEqual({ state: 'seen' });
  });
});
