import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { Database } from './database.ts';
import { isUniqueViolation } from './database-error.ts';
import type { Transaction } from './transaction.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase('database');
  database = new Database({ url: fresh.url, applicationName: 'test', maxConnections: 4 });
  await database.query('CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)');
});

beforeEach(async () => {
  await database.query('TRUNCATE note');
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const write = (on: Pick<Database, 'query'>, id: number): Promise<object[]> =>
  on.query('INSERT INTO note (id, text) VALUES ($1, $2)', [id, `note ${id}`]);
const ids = async (): Promise<number[]> =>
  (await database.query<{ id: number }>('SELECT id FROM note ORDER BY id')).map(({ id }) => id);

describe('a transaction', () => {
  it('keeps everything when its work resolves, and gives the result back', async () => {
    const result = await database.transaction(async (tx) => {
      await write(tx, 1);
      await write(tx, 2);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await ids()).toEqual([1, 2]);
  });

  it('keeps nothing when its work rejects, and rejects with the same error', async () => {
    const reason = new Error('changed my mind');
    const work = database.transaction(async (tx) => {
      await write(tx, 1);
      throw reason;
    });
    await expect(work).rejects.toBe(reason);
    expect(await ids()).toEqual([]);
  });

  it('cannot be seen from outside before it commits', async () => {
    await database.transaction(async (tx) => {
      await write(tx, 1);
      expect(await ids()).toEqual([]);
    });
    expect(await ids()).toEqual([1]);
  });

  it('refuses a query after its end, which would escape it', async () => {
    let late: Transaction | undefined;
    await database.transaction(async (tx) => {
      late = tx;
      await write(tx, 1);
      expect(tx.open).toBe(true);
    });
    expect(late?.open).toBe(false);
    await expect(write(late as Transaction, 2)).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    expect(await ids()).toEqual([1]);
  });

  it('refuses a late query after a rollback, too', async () => {
    let late: Transaction | undefined;
    const work = database.transaction(async (tx) => {
      late = tx;
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    await expect(write(late as Transaction, 2)).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
  });

  it('whose work swallowed an SQL error is an error, because nothing of it was kept', async () => {
    await write(database, 1);
    const work = database.transaction(async (tx) => {
      await write(tx, 2);
      // The mistake that is tested.
      await write(tx, 1).catch(() => undefined);
      return 'looks fine';
    });
    await expect(work).rejects.toMatchObject({
      code: 'TRANSACTION_ABORTED',
      remedy: expect.stringContaining('SQL errors'),
    });
    expect(await ids()).toEqual([1]);
  });

  it('passes the errors of the driver through, with their SQLSTATE and constraint', async () => {
    await write(database, 1);
    const error: unknown = await database
      .transaction((tx) => write(tx, 1))
      .catch((reason: unknown) => reason);
    expect(isUniqueViolation(error, 'note_pkey')).toBe(true);
  });

  it('checks a deferred constraint at its end, and then keeps nothing', async () => {
    await database.query('CREATE TABLE parent (id int PRIMARY KEY)');
    await database.query('CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)');
    const work = database.transaction((tx) => tx.query('INSERT INTO child VALUES (1)'));
    await expect(work).rejects.toMatchObject({ code: '23503' });
    expect(await database.query('SELECT * FROM child')).toEqual([]);
  });
});

describe('afterCommit()', () => {
  it('calls back once the rows can be seen', async () => {
    const seen: Promise<number[]>[] = [];
    await database.transaction(async (tx) => {
      tx.afterCommit(() => seen.push(ids()));
      await write(tx, 1);
      expect(seen).toEqual([]);
    });
    expect(await Promise.all(seen)).toEqual([[1]]);
  });

  it('never calls back when the transaction rolled back or was aborted', async () => {
    const calls: string[] = [];
    const rolledBack = database.transaction(async (tx) => {
      tx.afterCommit(() => calls.push('rolled back'));
      throw new Error('no');
    });
    const aborted = database.transaction(async (tx) => {
      tx.afterCommit(() => calls.push('aborted'));
      // The mistake that is tested.
      await tx.query('SELECT 1/0').catch(() => undefined);
    });
    await Promise.allSettled([rolledBack, aborted]);
    expect(calls).toEqual([]);
  });
});
