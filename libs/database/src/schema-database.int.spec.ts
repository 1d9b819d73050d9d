import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { Database } from './database.ts';
import { prepared } from './prepared.ts';
import { renameSchema } from './rename-schema.ts';
import { SchemaDatabase } from './schema-database.ts';

let fresh: FreshDatabase;
let database: Database;
let renamed: SchemaDatabase;

beforeEach(async () => {
  fresh = await freshDatabase('schema');
  database = new Database({ url: fresh.url, applicationName: 'test' });
  renamed = new SchemaDatabase(database, renameSchema('library', 'The "other" one'));
  await renamed.query('CREATE SCHEMA library');
  await renamed.query('CREATE TABLE library.note (id int PRIMARY KEY)');
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

const NOTES = 'SELECT id FROM "The ""other"" one".note';

describe('a library whose tables are in another schema', () => {
  it('reads and writes them there', async () => {
    await renamed.query('INSERT INTO library.note VALUES ($1)', [1]);
    await renamed.transaction(async (tx) => {
      await tx.query('INSERT INTO library.note SELECT library.note.id + 1 FROM library.note');
      expect(await tx.plain.query(NOTES)).toHaveLength(2);
    });
    expect(await database.query(NOTES)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('leaves alone what its users write', async () => {
    await renamed.transaction(async ({ plain }) => {
      expect(await plain.query(`SELECT 'library.note' AS text`)).toEqual([{ text: 'library.note' }]);
    });
  });

  it('shares the end of the transaction with its users', async () => {
    const committed: string[] = [];
    const kept = await renamed.transaction((tx) => {
      tx.plain.afterCommit(() => committed.push('plain'));
      tx.afterCommit(() => committed.push('renamed'));
      return Promise.resolve(tx.plain);
    });
    await expect(kept.query('SELECT 1')).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    expect(committed).toEqual(['plain', 'renamed']);
  });

  it('keeps its prepared statements', async () => {
    const statement = prepared('SELECT count(*) FROM library.note');
    const names = await renamed.transaction(async (tx) => {
      await tx.query(statement);
      return await tx.query<{ statement: string }>('SELECT statement FROM pg_prepared_statements');
    });
    expect(names.map((row) => row.statement)).toEqual(['SELECT count(*) FROM "The ""other"" one".note']);
  });
});
