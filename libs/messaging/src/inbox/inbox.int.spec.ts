import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
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
import type { Claim } from './claim.ts';
import { Inbox, PRUNE, pruneAttempts, pruneInbox } from './inbox.ts';

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

describe('a message', () => {
  it('is new once, and seen from then on', async () => {
    expect(await claim(tables.database, message('a'))).toEqual([{ state: 'new', attempts: 0, history: [] }]);
    expect(await claim(tables.database, message('a'))).toEqual([{ state: 'seen' }]);
  });

  it('is still new when the transaction that claimed it rolled back', async () => {
    const first = await holdTransaction(tables.database, (tx) => inbox.claim(tx, [message('a')]));
    await first.rollBack();
    expect(statesOf(await claim(tables.database, message('a')))).toEqual(['new']);
  });

  it('is new to each queue group for itself', async () => {
    await claim(tables.database, message('a'));
    const other = await tables.database.transaction((tx) =>
      new Inbox('mailer', { inOrder: false }).claim(tx, [message('a')]),
    );
    expect(statesOf(other)).toEqual(['new']);
  });

  it('is another one when another stream has the same id', async () => {
    const other = { ...message('a'), stream: 'PAYMENTS' };
    expect(statesOf(await claim(tables.database, message('a'), other))).toEqual(['new', 'new']);
    expect(statesOf(await claim(tables.database, message('a'), other))).toEqual(['seen', 'seen']);
  });

  it('that is twice in one batch is new once', async () => {
    const claims = await claim(
      tables.database,
      message('a', 'u1', 1),
      message('b', 'u1', 2),
      message('a', 'u1', 3),
    );
    expect(statesOf(claims)).toEqual(['new', 'new', 'seen']);
  });

  it('that is twice in one batch and was seen before is new in neither place', async () => {
    await claim(tables.database, message('a'));
    const claims = await claim(tables.database, message('a'), message('b'), message('a'), message('b'));
    expect(statesOf(claims)).toEqual(['seen', 'new', 'seen', 'seen']);
  });

  it('gets its answer at its own place in the batch', async () => {
    await claim(tables.database, message('b'));
    expect(statesOf(await claim(tables.database, message('c'), message('b'), message('a')))).toEqual([
      'new',
      'seen',
      'new',
    ]);
  });

  it('brings its attempts and their history along', async () => {
    await recordFailure(tables.database, message('a'), 0, 3);
    expect(await claim(tables.database, message('a'))).toEqual([
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
    const second = claim(tables.database, message('a'));
    await eventually(async () => (await waitingForLock(tables.database)) === 1, {
      what: 'the second one waits',
    });
    return { second, end };
  };

  it('let the second one see it when the first commits', async () => {
    const { second, end } = await claimBeside();
    await end.commit();
    expect(statesOf(await second)).toEqual(['seen']);
  });

  it('let the second one have it when the first rolls back', async () => {
    const { second, end } = await claimBeside();
    await end.rollBack();
    expect(statesOf(await second)).toEqual(['new']);
    expect(await inboxRows(tables.database)).toEqual([{ message_id: 'a', state: 'handled' }]);
  });
});

describe('a message that failed and never came again', () => {
  it('does not keep its key from being claimed in one statement', async () => {
    await recordFailure(tables.database, message('vanished'), -1_000);
    await tables.database.transaction(async (tx) => {
      const query = jest.spyOn(tx, 'query');
      expect(statesOf(await inbox.claim(tx, [message('next')]))).toEqual(['new']);
      expect(query).toHaveBeenCalledTimes(1);
    });
  });
});

describe('pruning', () => {
  it('removes what was handled longer ago than a stream remembers, and nothing else', async () => {
    await blockKey(tables.database, 'u2');
    await claim(tables.database, message('old'), message('parked', 'u2'));
    await tables.database.query(`UPDATE messaging.inbox SET received_at = received_at - interval '9 days'`);
    await claim(tables.database, message('young'));
    expect(await pruneInbox(tables.database, 8 * 86_400_000)).toBe(1);
    expect((await inboxRows(tables.database)).map(({ message_id }) => message_id)).toEqual([
      'parked',
      'young',
    ]);
  });

  it('reads only what it removes, however much there is', async () => {
    await tables.database.query(
      `INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
       SELECT 'ordered', 'm' || n, 'handled', 'ORDERS', n FROM generate_series(1, 50000) AS n`,
    );
    await tables.database.query('ANALYZE messaging.inbox');
    const rows = await tables.database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${PRUNE}`, [8 * 86_400]);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('inbox_received');
    expect(plan).not.toContain('Seq Scan');
  });

  it('removes attempts of messages that no stream can deliver any more', async () => {
    await recordFailure(tables.database, message('vanished'), -9 * 86_400_000);
    await recordFailure(tables.database, message('young'), 0);
    expect(await pruneAttempts(tables.database, 8 * 86_400_000)).toBe(1);
    expect(await tables.database.query('SELECT message_id FROM messaging.attempt')).toEqual([
      { message_id: 'young' },
    ]);
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
