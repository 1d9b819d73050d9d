import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { Database } from './database.ts';
import { GroupCommit, type ItemOutcome } from './group-commit.ts';
import type { SqlDatabase } from './sql-executor.ts';
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
    expect(row?.commits).toBeLessThan(10);
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
    expect(groups).toEqual([[1], [2, 6, 7, 8], [2, 6], [7, 8], [7], [8]]);
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
    const answers = await Promise.allSettled(upTo(5).map((id) => group.submit(id)));
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
