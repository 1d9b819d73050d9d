import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Database } from './database.ts';
import { DatabaseError } from './database-error.ts';
import type { SqlExecutor } from './sql-executor.ts';

export interface MigrationSet {
  /** Names the set in the ledger, so that a library and a service can each have their own numbering. */
  name: string;
  /** Folder of `001-what-it-does.sql` files. */
  directory: URL;
}

interface Migration {
  id: string;
  checksum: string;
  sql: string;
}

const FILE = /^\d{3}-[a-z0-9-]+\.sql$/;

/**
 * Applies the set's files that are not yet in the ledger, in the order of their names, all in one transaction.
 * Several processes may call it at once: the second waits and finds nothing to do.
 *
 * @returns the ids applied by this call
 * @throws DatabaseError when an applied file has changed since, or the database knows a migration that the folder
 *   does not have (an older build than the database)
 */
export async function migrate(database: Database, set: MigrationSet): Promise<string[]> {
  const migrations = await readMigrations(set);
  return await database.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('orderflow.migrations', 0))`);
    await tx.query(LEDGER);
    const applied = await appliedMigrations(tx, set, migrations);
    const pending = migrations.filter((migration) => !applied.has(migration.id));
    for (const migration of pending) await apply(tx, set, migration);
    return pending.map((migration) => migration.id);
  });
}

const LEDGER = `
  CREATE TABLE IF NOT EXISTS public.schema_migration (
    set_name text NOT NULL,
    id text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (set_name, id)
  )`;

async function readMigrations(set: MigrationSet): Promise<Migration[]> {
  const files = (await readdir(set.directory)).filter((file) => FILE.test(file)).sort();
  return await Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, set.directory), 'utf8');
      return {
        id: file.replace(/\.sql$/, ''),
        checksum: createHash('sha256').update(sql).digest('hex'),
        sql,
      };
    }),
  );
}

async function appliedMigrations(
  tx: SqlExecutor,
  set: MigrationSet,
  known: Migration[],
): Promise<Set<string>> {
  const rows = await tx.query<{ id: string; checksum: string }>(
    'SELECT id, checksum FROM public.schema_migration WHERE set_name = $1',
    [set.name],
  );
  const byId = new Map(known.map((migration) => [migration.id, migration]));
  for (const row of rows) {
    const file = byId.get(row.id);
    if (file === undefined) {
      throw new DatabaseError(
        'MIGRATION_UNKNOWN',
        `The database has migration ${set.name}/${row.id}, this build does not.`,
        {
          remedy: 'Run a build at least as new as the one that migrated this database.',
        },
      );
    }
    if (file.checksum !== row.checksum) {
      throw new DatabaseError(
        'MIGRATION_CHANGED',
        `Migration ${set.name}/${row.id} was changed after it had been applied.`,
        {
          remedy: 'Restore the file and put the change into a new migration.',
        },
      );
    }
  }
  return new Set(rows.map((row) => row.id));
}

async function apply(tx: SqlExecutor, set: MigrationSet, migration: Migration): Promise<void> {
  try {
    await tx.query(migration.sql);
  } catch (cause) {
    const reason = Error.isError(cause) ? cause.message : String(cause);
    throw new DatabaseError('MIGRATION_FAILED', `Migration ${set.name}/${migration.id} failed: ${reason}.`, {
      remedy: 'Nothing of it was kept; mend the file and start again.',
      cause,
    });
  }
  await tx.query('INSERT INTO public.schema_migration (set_name, id, checksum) VALUES ($1, $2, $3)', [
    set.name,
    migration.id,
    migration.checksum,
  ]);
}
