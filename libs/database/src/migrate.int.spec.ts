import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  type FreshDatabase,
  freshDatabase,
  type TemporaryDirectory,
  temporaryDirectory,
} from '@orderflow/testing';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Database } from './database.ts';
import { migrate, type MigrationSet } from './migrate.ts';

jest.setTimeout(60_000);

let fresh: FreshDatabase;
let database: Database;
let folder: TemporaryDirectory;
let set: MigrationSet;

beforeEach(async () => {
  [fresh, folder] = await Promise.all([freshDatabase('migrate'), temporaryDirectory('migrations')]);
  database = new Database({ url: fresh.url, applicationName: 'test' });
  set = { name: 'notes', directory: pathToFileURL(`${folder.path}/`) };
  await file('001-note.sql', 'CREATE TABLE note (id int PRIMARY KEY);');
  await file(
    '002-author.sql',
    'ALTER TABLE note ADD author text; CREATE INDEX note_author ON note (author);',
  );
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
  await folder.remove();
});

const file = (name: string, sql: string): Promise<void> => writeFile(path.join(folder.path, name), sql);
const ledger = async (): Promise<string[]> => {
  const rows = await database.query<{ id: string }>('SELECT id FROM schema_migration ORDER BY id');
  return rows.map(({ id }) => id);
};

describe('migrate()', () => {
  it('applies the files in the order of their names, and says which', async () => {
    expect(await migrate(database, set)).toEqual(['001-note', '002-author']);
    await expect(database.query(`INSERT INTO note VALUES (1, 'me')`)).resolves.toEqual([]);
  });

  it('applies nothing the second time, and only what is new later', async () => {
    await migrate(database, set);
    expect(await migrate(database, set)).toEqual([]);
    await file('003-title.sql', 'ALTER TABLE note ADD title text');
    expect(await migrate(database, set)).toEqual(['003-title']);
  });

  it('refuses a file that was changed after it had been applied', async () => {
    await migrate(database, set);
    await file('001-note.sql', 'CREATE TABLE note (id bigint PRIMARY KEY);');
    await file('003-title.sql', 'ALTER TABLE note ADD title text');
    await expect(migrate(database, set)).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringContaining('notes/001-note'),
    });
    expect(await ledger()).toEqual(['001-note', '002-author']);
  });

  it('refuses a database that a newer build has migrated', async () => {
    await migrate(database, set);
    await rm(path.join(folder.path, '002-author.sql'));
    await expect(migrate(database, set)).rejects.toMatchObject({
      code: 'MIGRATION_UNKNOWN',
      message: expect.stringContaining('notes/002-author'),
    });
  });

  it('keeps nothing of a run in which one file fails, and names it', async () => {
    await file('003-broken.sql', 'ALTER TABLE nowhere ADD x int');
    await expect(migrate(database, set)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(/notes\/003-broken.*nowhere/),
      cause: expect.anything(),
    });
    const [row] = await database.query(`SELECT to_regclass('note') AS note`);
    expect(row).toEqual({ note: null });
    await file('003-broken.sql', 'ALTER TABLE note ADD x int');
    expect(await migrate(database, set)).toEqual(['001-note', '002-author', '003-broken']);
  });

  it('is applied once when several processes call it at once', async () => {
    const pools = Array.from(
      { length: 4 },
      (_, n) => new Database({ url: fresh.url, applicationName: `p${n}` }),
    );
    const applied = await Promise.all(pools.map((pool) => migrate(pool, set)));
    expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([['001-note', '002-author'], [], [], []]);
    for (const pool of pools) await pool.close();
  });

  it('keeps sets with numbers of their own apart', async () => {
    await migrate(database, set);
    const other = await temporaryDirectory('migrations');
    await writeFile(path.join(other.path, '001-note.sql'), 'CREATE TABLE other_note (id int)');
    const directory = pathToFileURL(`${other.path}/`);
    expect(await migrate(database, { name: 'other', directory })).toEqual(['001-note']);
    expect(await migrate(database, set)).toEqual([]);
    await other.remove();
  });

  it('reads only files that are named as migrations', async () => {
    await file('README.md', 'not SQL');
    await file('3-short.sql', 'not SQL');
    expect(await migrate(database, set)).toEqual(['001-note', '002-author']);
  });
});
