import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { Database } from './database.ts';
import { GroupCommit, type ItemOutcome } from './group-commit.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { Transaction } from './transaction.ts';

let fresh: FreshDatabase;
let database: Database;
/** The groups as they were worked on, the failed ones included. */
let groups: number[][];

beforeAll(async () => {
  fresh = await freshDatabase('group');
  database = new Database({ url: fresh.url, applicationName: 'test', maxConnections: 4 });
  await database.query(
    'CREATE TABLE note (id int PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id())',
  );
});

beforeEach(async () => {
  groups = [];
  await database.query('TRUNCATE note');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

/** Writes a row for each; refuses negative ones. The table refuses an id that is there. */
async function write(tx: Transaction, ids: readonly number[]): Promise<ItemOutcome<number>[]> {
  groups.push([...ids]);
  await tx.query('INSERT INTO note (id) SELECT unnest($1::int[])', [ids.filter((id) => id >= 0)]);
  return ids.map((id) =>
    id < 0 ? { kind: 'refused', reason: new Error(`${id} is negative`) } : { kind: 'done', result: id },
  );
}

const commits = (): GroupCommit<number, number> => new GroupCommit(database, write);
const stored = async (): Promise<number[]> =>
  (await database.query<{ id: number }>('SELECT id FROM note ORDER BY id')).map(({ id }) => id);
function unreachable(): Database {
  const url = new URL(fresh.url);
  url.port = '1';
  return new Database({ url: url.href, applicationName: 'test', connectTimeoutMs: 1_000 });
}

/** Those who come from now on are not in the group of those who came before. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('callers at the same time', () => {
  it('share commits, and each gets its own result after it', async () => {
    const group = commits();
    const seen = await Promise.all(
      upTo(200).map(async (id) => {
        const result = await group.submit(id);
        // Another connection sees it: it is committed.
        return { result, there: (await database.query('SELECT FROM note WHERE id = $1', [id])).length };
      }),
    );
    expect(seen).toEqual(upTo(200).map((id) => ({ result: id, there: 1 })));
    const [row] = await database.query<{ commits: number }>('SELECT count(DISTINCT tx) AS commits FROM note');
    // 128 at once is the most.
    expect(row?.commits).toBe(2);
  });

  it('are not harmed by one that is refused', async () => {
    const group = commits();
    const answers = await Promise.allSettled([1, 2, -3, 4].map((id) => group.submit(id)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual([1, 2, 4]);
  });

  it('are not harmed by one that makes their transaction fail: they are done again in halves', async () => {
    await database.query('INSERT INTO note (id) VALUES (7)');
    const group = commits();
    const answers = await Promise.allSettled([1, 2, 6, 7, 8].map((id) => group.submit(id)));
    const failed = answers.filter((answer) => answer.status === 'rejected');
    expect(failed).toEqual([{ status: 'rejected', reason: expect.objectContaining({ code: '23505' }) }]);
    expect(await stored()).toEqual([1, 2, 6, 7, 8]);
    expect(groups).toEqual([[1, 2, 6, 7, 8], [1, 2, 6], [7, 8], [7], [8]]);
  });
});

describe('callers behind a slow one', () => {
  it('do not wait for it', async () => {
    const group = commits();
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = database.transaction(async (tx) => {
      await tx.query('INSERT INTO note (id) VALUES (1)');
      locked.resolve();
      await release.promise;
      await tx.query('DELETE FROM note');
    });
    await locked.promise;
    const slow = group.submit(1);
    await nextTurn();
    expect(await Promise.all([2, 3].map((id) => group.submit(id)))).toEqual([2, 3]);
    // At once: the group before has just begun, and has ended.
    expect(await group.submit(4)).toBe(4);
    release.resolve();
    await holder;
    expect(await slow).toBe(1);
    expect(groups).toEqual([[1], [2, 3], [4]]);
  });
});

describe('a caller alone', () => {
  it('is served at once and alone', async () => {
    await commits().submit(5);
    expect(groups).toEqual([[5]]);
  });
});

describe('a caller by itself that another transaction is in the way of', () => {
  it('is tried again', async () => {
    let tries = 0;
    const group = new GroupCommit<number, number>(database, async (tx, ids) => {
      if (++tries < 3) await tx.query(`DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$`);
      return await write(tx, ids);
    });
    expect(await group.alone(1)).toBe(1);
    expect(await stored()).toEqual([1]);
  });
});

describe('when the database is away', () => {
  it('those of a failed group that still wait are told at once', async () => {
    const nowhere = unreachable();
    let asked = 0;
    const going: SqlDatabase = {
      query: (text, values) => database.query(text, values),
      transaction: (work) => {
        asked++;
        if (asked === 2) return Promise.reject(new Error('one of them'));
        return (asked === 1 ? database : nowhere).transaction(work);
      },
    };
    const group = new GroupCommit(going, write);
    const first = group.submit(0);
    await nextTurn();
    const rest = [1, 2, 3, 4].map((id) => group.submit(id));
    const answers = await Promise.allSettled([first, ...rest]);
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      ...Array.from({ length: 4 }, () => 'rejected'),
    ]);
    expect(asked).toBe(3);
    await nowhere.close();
  });

  it('all that wait are told at once, and none is tried again by itself', async () => {
    const nowhere = unreachable();
    let asked = 0;
    const watched: SqlDatabase = {
      query: (text, values) => nowhere.query(text, values),
      transaction: (work) => {
        asked++;
        return nowhere.transaction(work);
      },
    };
    const group = new GroupCommit(watched, write);
    const answers = await Promise.allSettled(upTo(1_000).map((id) => group.submit(id)));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    expect(groups).toEqual([]);
    // Those that run when it turns out ask; the others wait for them, and not for a database of their own.
    expect(asked).toBeLessThanOrEqual(4);
    await nowhere.close();
  });
});

describe('a group of which one waits for a lock that somebody else holds', () => {
  it('is not held up by it for longer than it takes to find it', async () => {
    const impatient = new Database({
      url: fresh.url,
      applicationName: 'impatient',
      statementTimeoutMs: 3_000,
    });
    const group = new GroupCommit(impatient, write);
    const holder = await holdRow(5);
    // Alone, so that the others share the next transaction.
    const first = group.submit(1_000);
    await nextTurn();
    const locked = group.submit(5);
    const startedAt = performance.now();
    const others = await Promise.all(
      upTo(128)
        .filter((id) => id !== 5)
        .map((id) => group.submit(id)),
    );
    expect(others).toHaveLength(127);
    // Halves would have waited for the lock once each: seven times as long as a statement may take.
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await holder.release();
    expect(await Promise.all([first, locked])).toEqual([1_000, 5]);
    await impatient.close();
  });

  it('and the whole table with it: each is refused in its time, and the next ones are served when it is over', async () => {
    const wide = new Database({
      url: fresh.url,
      applicationName: 'wide',
      idleInTransactionTimeoutMs: 60_000,
    });
    const group = new GroupCommit(wide, write, { maxWaitMs: 500 });
    const locked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = wide.transaction(async (tx) => {
      await tx.query('LOCK TABLE note');
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const answers = Promise.allSettled(upTo(127).map((id) => group.submit(id)));
    await expect(group.submit(200)).rejects.toMatchObject({ code: 'OVERLOADED' });
    release.resolve();
    await holder;
    const refused = (await answers).filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBeGreaterThan(100);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'OVERLOADED' });
    expect(await group.submit(500)).toBe(500);
    await wide.close();
  });
});

/** Holds the place of one id; whoever wants to insert it waits. */
async function holdRow(id: number): Promise<{ release: () => Promise<void> }> {
  const locked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const holder = database.transaction(async (tx) => {
    await tx.query('INSERT INTO note (id) VALUES ($1)', [id]);
    locked.resolve();
    await released.promise;
    await tx.query('DELETE FROM note WHERE id = $1', [id]);
  });
  await locked.promise;
  return {
    release: async () => {
      released.resolve();
      await holder;
    },
  };
}

describe('callers that are more than can wait', () => {
  it('are refused at once, and the others are served', async () => {
    const holder = await holdRow(0);
    const group = new GroupCommit(database, write, { maxWaiting: 10 });
    const slow = group.submit(0);
    await nextTurn();
    const answers = await Promise.allSettled(
      upTo(15)
        .slice(1)
        .map((id) => group.submit(id)),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused).toHaveLength(4);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'OVERLOADED' });
    await holder.release();
    expect(await slow).toBe(0);
  });
});

describe('an item that ends its session', () => {
  it('is refused alone while the database is well: the others are kept', async () => {
    const group = new GroupCommit<number, number>(database, async (tx, ids) => {
      if (ids.includes(3)) await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
      return await write(tx, ids);
    });
    const answers = await Promise.allSettled(upTo(6).map((id) => group.submit(id)));
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([answers[3]]);
    expect(answers[3]).toMatchObject({ reason: { code: 'UNREACHABLE' } });
    expect(await stored()).toEqual([0, 1, 2, 4, 5]);
  });
});

const raised = (state: string): string => `DO $$ BEGIN RAISE SQLSTATE '${state}'; END $$`;

describe('an item whose work', () => {
  it.each(['53200', '53400', '08001', '25006', '57P01'])(
    'fails with %s is refused alone: that says nothing about the database',
    async (state) => {
      const group = new GroupCommit<number, number>(database, async (tx, ids) => {
        if (ids.includes(3)) await tx.query(raised(state));
        return await write(tx, ids);
      });
      const answers = await Promise.allSettled(upTo(6).map((id) => group.submit(id)));
      expect(answers.map(({ status }) => status)).toEqual(
        upTo(6).map((id) => (id === 3 ? 'rejected' : 'fulfilled')),
      );
      expect(answers[3]).toMatchObject({ reason: { code: state } });
    },
  );
});
