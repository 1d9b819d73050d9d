import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  eventually,
  type FreshDatabase,
  freshDatabase,
  type TemporaryDirectory,
  temporaryDirectory,
} from '@orderflow/testing';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Database } from './database.ts';
import { migrate, type MigrationSet } from './migrate.ts';

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

describe('two builds side by side', () => {
  /** A newer build has one more file. */
  async function newerBuild(sql: string): Promise<{ set: MigrationSet; remove: () => Promise<void> }> {
    const newer = await temporaryDirectory('newer');
    await cp(folder.path, newer.path, { recursive: true });
    await writeFile(path.join(newer.path, '003-title.sql'), sql);
    return {
      set: { name: 'notes', directory: pathToFileURL(`${newer.path}/`) },
      remove: () => newer.remove(),
    };
  }

  it('the older one goes on, and starts again, after the newer one has added something', async () => {
    await migrate(database, set);
    const newer = await newerBuild('ALTER TABLE note ADD title text');
    expect(await migrate(database, newer.set)).toEqual(['003-title']);
    const seen: (readonly string[])[] = [];
    expect(await migrate(database, set, { onNewer: (ids) => seen.push(ids) })).toEqual([]);
    expect(seen).toEqual([['003-title']]);
    await database.query(`INSERT INTO note (id, author) VALUES (1, 'me')`);
    expect(await migrate(database, newer.set)).toEqual([]);
    await newer.remove();
  });

  it('the older one still brings what the newer one never had', async () => {
    await migrate(database, set);
    const newer = await newerBuild('ALTER TABLE note ADD title text');
    await migrate(database, newer.set);
    await file('004-fix.sql', 'ALTER TABLE note ADD fixed boolean');
    expect(await migrate(database, set)).toEqual(['004-fix']);
    await newer.remove();
  });

  it.each([
    ['at its head', '-- breaks: older builds\nALTER TABLE note DROP author'],
    ['after other comments', '-- The author moved.\n-- breaks: older builds\n\nALTER TABLE note DROP author'],
  ])('the older one is refused when the newer migration says that it breaks it: %s', async (_, sql) => {
    await migrate(database, set);
    const newer = await newerBuild(sql);
    await migrate(database, newer.set);
    await expect(migrate(database, set)).rejects.toMatchObject({
      code: 'MIGRATION_UNKNOWN',
      message: expect.stringContaining('notes/003-title'),
    });
    await newer.remove();
  });

  it('a comment further down in the file says nothing', async () => {
    await migrate(database, set);
    const newer = await newerBuild('ALTER TABLE note ADD title text;\n-- breaks: older builds\n');
    await migrate(database, newer.set);
    expect(await migrate(database, set)).toEqual([]);
    await newer.remove();
  });

  it('a build of before, whose ledger says nothing of that, counts as one that breaks', async () => {
    await migrate(database, set);
    await database.query('ALTER TABLE schema_migration DROP breaks_older');
    const unknown = `INSERT INTO schema_migration (set_name, id, checksum) VALUES ('notes', '009-later', 'x')`;
    await database.query(unknown);
    await expect(migrate(database, set)).rejects.toMatchObject({ code: 'MIGRATION_UNKNOWN' });
  });
});

describe('a migration that takes longer than statements may', () => {
  const hurried = (): Database =>
    new Database({
      url: fresh.url,
      applicationName: 'hurried',
      statementTimeoutMs: 200,
      queryTimeoutMs: 400,
    });

  it('is finished, and so is the process that waits for it', async () => {
    await file('003-slow.sql', 'SELECT pg_sleep(1)');
    const [first, second] = [hurried(), hurried()];
    const applied = await Promise.all([migrate(first, set), migrate(second, set)]);
    expect(applied.flat()).toEqual(['001-note', '002-author', '003-slow']);
    // Afterwards the limits are what they were.
    await expect(first.query('SELECT pg_sleep(1)')).rejects.toMatchObject({ code: '57014' });
    await Promise.all([first.close(), second.close()]);
  });

  it('and cannot get its lock says so after its time, having changed nothing', async () => {
    await migrate(database, set);
    await file('003-title.sql', 'ALTER TABLE note ADD title text');
    const blocked = hurried();
    const refused = database.transaction(async (tx) => {
      await tx.query('LOCK TABLE note IN ACCESS SHARE MODE');
      return await migrate(blocked, set, { lockTimeoutMs: 300 });
    });
    await expect(refused).rejects.toMatchObject({ code: 'MIGRATION_BLOCKED' });
    await blocked.close();
    expect(await migrate(database, set)).toEqual(['003-title']);
  });
});

describe('a migration of tables that are in use', () => {
  let users: Database;

  beforeEach(async () => {
    users = new Database({ url: fresh.url, applicationName: 'users' });
    await migrate(database, set);
    await users.query('CREATE TABLE author (id int PRIMARY KEY)');
    await file('003-titles.sql', 'ALTER TABLE note ADD title text; ALTER TABLE author ADD title text');
  });

  afterEach(() => users.close());

  const waits = async (): Promise<boolean> => {
    const waiting = `SELECT FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'test' AND wait_event_type = 'Lock'`;
    return (await users.query(waiting)).length === 1;
  };

  it('lets others use them while it waits for a long transaction', async () => {
    const migrated = await users.transaction(async (long) => {
      await long.query('SELECT FROM note');
      const migrating = migrate(database, set);
      await eventually(waits, { what: 'the migration waits' });
      await users.query('SELECT FROM note');
      expect(await ledger()).not.toContain('003-titles');
      return { migrating };
    });
    expect(await migrated.migrating).toEqual(['003-titles']);
  });

  it('ends when an operator cancels it', async () => {
    const refused = users.transaction(async (long) => {
      await long.query('SELECT FROM note');
      const migrating = migrate(database, set);
      const cancel = async (): Promise<boolean> =>
        (await waits()) &&
        (
          await users.query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'test' AND wait_event_type = 'Lock'`)
        ).length === 1;
      await eventually(cancel, { what: 'it is cancelled while it waits' });
      await migrating;
    });
    await expect(refused).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await ledger()).not.toContain('003-titles');
  });

  it('begins again when it is in a deadlock with them', async () => {
    const migrated = await users.transaction(async (user) => {
      await user.query('LOCK TABLE author IN ACCESS SHARE MODE');
      const migrating = migrate(database, set);
      await eventually(waits, { what: 'the migration waits' });
      await user.query('LOCK TABLE note IN ACCESS SHARE MODE');
      return { migrating };
    });
    expect(await migrated.migrating).toEqual(['003-titles']);
  });
});
