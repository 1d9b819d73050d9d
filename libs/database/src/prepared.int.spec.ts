import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@orderflow/testing';
import { Database } from './database.ts';
import { prepared } from './prepared.ts';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase('prepared');
  database = new Database({ url: fresh.url, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

const ADD = prepared('SELECT $1::int + 1 AS sum');
const OTHER = 'SELECT $1::int + 2 AS sum';

describe('a statement that is prepared', () => {
  it('is parsed once by its connection, others are each time', async () => {
    const statements = await database.transaction(async (tx) => {
      for (let value = 0; value < 3; value++) {
        expect(await tx.query(ADD, [value])).toEqual([{ sum: value + 1 }]);
        expect(await tx.query(OTHER, [value])).toEqual([{ sum: value + 2 }]);
      }
      return await tx.query('SELECT statement FROM pg_prepared_statements');
    });
    expect(statements).toEqual([{ statement: ADD }]);
  });

  it('may fail, and works again in the next transaction', async () => {
    await expect(database.transaction((tx) => tx.query(ADD, ['no number']))).rejects.toThrow(/invalid input/);
    expect(await database.transaction((tx) => tx.query(ADD, [1]))).toEqual([{ sum: 2 }]);
    expect(await database.query(ADD, [2])).toEqual([{ sum: 3 }]);
  });
});
