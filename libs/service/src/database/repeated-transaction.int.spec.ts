import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database, type SqlExecutor } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { repeatedTransaction } from './repeated-transaction.ts';

describe('a repeated transaction', () => {
  let fresh: FreshDatabase;
  let database: Database;

  beforeAll(async () => {
    fresh = await freshDatabase('repeated');
    database = new Database({ url: fresh.url, applicationName: 'test' });
    await database.query('CREATE TABLE counter (name text PRIMARY KEY, n int NOT NULL)');
    await database.query(`INSERT INTO counter VALUES ('left', 0), ('right', 0)`);
  });

  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });

  const add = (tx: SqlExecutor, name: string) =>
    tx.query('UPDATE counter SET n = n + 1 WHERE name = $1', [name]);

  it('is made again after a deadlock, and counts once', async () => {
    let begun = 0;
    const bothHoldOne = Promise.withResolvers<void>();
    const inOrder = (first: string, second: string) =>
      repeatedTransaction(database, async (tx) => {
        await add(tx, first);
        begun += 1;
        if (begun === 2) bothHoldOne.resolve();
        await bothHoldOne.promise;
        await add(tx, second);
      });
    await Promise.all([inOrder('left', 'right'), inOrder('right', 'left')]);
    expect(begun).toBeGreaterThan(2);
    expect(await database.query('SELECT name, n FROM counter ORDER BY name')).toEqual([
      { name: 'left', n: 2 },
      { name: 'right', n: 2 },
    ]);
  });

  it('is not made again after any other error', async () => {
    let runs = 0;
    const failing = repeatedTransaction(database, async () => {
      runs += 1;
      throw new Error('not a conflict');
    });
    await expect(failing).rejects.toThrow('not a conflict');
    expect(runs).toBe(1);
  });

  it('gives up on a conflict that does not end', async () => {
    let runs = 0;
    const conflict = repeatedTransaction(database, async (tx) => {
      runs += 1;
      await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
    });
    await expect(conflict).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(5);
  });
});
