import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError, isTransactionConflict, sqlStateOf } from './database-error.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { SqlExecutor } from './sql-executor.ts';

export interface MigrationSet {
  /** Names the set in the ledger, so that a library and a service can each have their own numbering. */
  name: string;
  /** Folder of `001-what-it-does.sql` files. */
  directory: URL;
}

export interface MigrateOptions {
  /**
   * How long to wait for another process that migrates, and for the locks on tables, in ms. Default 600,000: a process
   * waits for its turn as long as its own boot is given.
   */
  lockTimeoutMs?: number;
  /** Told the migrations of a newer build that this build does not have and can run beside. */
  onNewer?: (ids: readonly string[]) => void;
}

interface Migration {
  id: string;
  checksum: string;
  breaksOlder: boolean;
  sql: string;
}

interface LedgerRow {
  id: string;
  checksum: string;
  breaks_older: boolean;
}

const FILE = /^\d{3}-[a-z0-9-]+\.sql$/;
/** Among the comments that a file begins with. */
const BREAKS_OLDER = /^(?:--.*\n|\s*\n)*-- breaks: older builds[ \t\r]*(?:\n|$)/;
const LOCK_TIMEOUT_MS = 600_000;
/** For one lock on a table. All others who want the table queue behind it: a long transaction must not stop the service. */
const TABLE_LOCK_MS = 1_000;
const LOCK_NOT_AVAILABLE = '55P03';
/** Before the next attempt; up to twice as long, so that two processes do not meet again. */
const PAUSE_MS = 250;

/**
 * Applies the set's files that are not yet in the ledger, in the order of their names, all in one transaction, however
 * long that takes. Several processes may call it at once: the second waits and finds nothing to do.
 *
 * Services may be running: a table is waited for only a second at a time, and a deadlock or a lock that is not to be had
 * undoes the attempt, which is made again until `lockTimeoutMs` is over.
 *
 * An older build goes on beside a database that a newer one has migrated, so that a rolling update can be undone: a migration
 * only adds. One that cannot be run beside says so in a line of its own among its first comments, `-- breaks: older builds`; then
 * builds that do not have it refuse to start.
 *
 * @returns the ids applied by this call
 * @throws DatabaseError `MIGRATION_CHANGED` when an applied file has changed since, `MIGRATION_UNKNOWN` when the database has a
 *   migration that this build cannot run beside, `MIGRATION_FAILED` with the cause, `MIGRATION_BLOCKED` when a lock was not to be had in time
 */
export async function migrate(
  database: SqlDatabase,
  set: MigrationSet,
  options: MigrateOptions = {},
): Promise<string[]> {
  const migrations = await readMigrations(set);
  const deadline = performance.now() + (options.lockTimeoutMs ?? LOCK_TIMEOUT_MS);
  for (;;) {
    const leftMs = deadline - performance.now();
    try {
      const { pending, newer } = await attempt(database, {
        set,
        migrations,
        lockTimeoutMs: Math.max(leftMs, 1),
      });
      if (newer.length > 0) options.onNewer?.(newer);
      return pending.map((migration) => migration.id);
    } catch (error) {
      const cause = rootOf(error);
      if (sqlStateOf(cause) !== LOCK_NOT_AVAILABLE && !isTransactionConflict(cause)) throw error;
      if (performance.now() + PAUSE_MS >= deadline) throw blocked(set, error);
    }
    await delay(PAUSE_MS * (1 + Math.random()));
  }
}

interface Attempt {
  set: MigrationSet;
  migrations: readonly Migration[];
  lockTimeoutMs: number;
}

/** Applies what is missing, or nothing. */
async function attempt(
  database: SqlDatabase,
  { set, migrations, lockTimeoutMs }: Attempt,
): Promise<{ pending: Migration[]; newer: string[] }> {
  const work = async (tx: SqlExecutor): Promise<{ pending: Migration[]; newer: string[] }> => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('orderflow.migrations', 0))`);
    await tx.query(`SET LOCAL lock_timeout = ${String(Math.ceil(Math.min(lockTimeoutMs, TABLE_LOCK_MS)))}`);
    await tx.query(LEDGER);
    await tx.query(LEDGER_BREAKS_OLDER);
    const rows = await tx.query<LedgerRow>(APPLIED, [set.name]);
    const newer = newerThan(set, migrations, rows);
    const applied = new Set(rows.map((row) => row.id));
    const pending = migrations.filter((migration) => !applied.has(migration.id));
    for (const migration of pending) await apply(tx, set, migration);
    return { pending, newer };
  };
  return await database.transaction(work, { statementTimeoutMs: 0, lockTimeoutMs });
}

/** What the database said, if it was said about a file. */
function rootOf(error: unknown): unknown {
  return error instanceof DatabaseError && error.code === 'MIGRATION_FAILED' ? error.cause : error;
}

function blocked(set: MigrationSet, cause: unknown): DatabaseError {
  return new DatabaseError(
    'MIGRATION_BLOCKED',
    `The migrations of ${set.name} could not get a lock in time.`,
    {
      remedy:
        'Nothing was changed. Look in pg_locks for the process that migrates or the transaction that is open, and start again.',
      cause,
    },
  );
}

const LEDGER = `
  CREATE TABLE IF NOT EXISTS public.schema_migration (
    set_name text NOT NULL,
    id text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (set_name, id)
  )`;

/** Of ledgers that were made before: their builds refuse each migration that they do not have. */
const LEDGER_BREAKS_OLDER = `
  ALTER TABLE public.schema_migration ADD COLUMN IF NOT EXISTS breaks_older boolean NOT NULL DEFAULT true`;

const APPLIED = `
  SELECT id, checksum, breaks_older FROM public.schema_migration WHERE set_name = $1 ORDER BY id`;

const RECORD = `
  INSERT INTO public.schema_migration (set_name, id, checksum, breaks_older) VALUES ($1, $2, $3, $4)`;

async function readMigrations(set: MigrationSet): Promise<Migration[]> {
  const files = (await readdir(set.directory)).filter((file) => FILE.test(file)).sort();
  return await Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, set.directory), 'utf8');
      return {
        id: file.replace(/\.sql$/, ''),
        checksum: createHash('sha256').update(sql).digest('hex'),
        breaksOlder: BREAKS_OLDER.test(sql),
        sql,
      };
    }),
  );
}

/** The migrations of a newer build that this one can run beside. */
function newerThan(set: MigrationSet, known: readonly Migration[], rows: readonly LedgerRow[]): string[] {
  const byId = new Map(known.map((migration) => [migration.id, migration]));
  const newer = rows.filter((row) => !byId.has(row.id));
  const breaking = newer.find((row) => row.breaks_older);
  if (breaking !== undefined) {
    throw new DatabaseError(
      'MIGRATION_UNKNOWN',
      `The database has migration ${set.name}/${breaking.id}, this build does not.`,
      {
        remedy: 'Run a build at least as new as the one that migrated this database.',
      },
    );
  }
  const changed = rows.find((row) => byId.has(row.id) && byId.get(row.id)?.checksum !== row.checksum);
  if (changed !== undefined) {
    throw new DatabaseError(
      'MIGRATION_CHANGED',
      `Migration ${set.name}/${changed.id} was changed after it had been applied.`,
      {
        remedy: 'Restore the file and put the change into a new migration.',
      },
    );
  }
  return newer.map((row) => row.id);
}

async function apply(tx: SqlExecutor, set: MigrationSet, migration: Migration): Promise<void> {
  try {
    await tx.query(migration.sql);
  } catch (cause) {
    const reason = Error.isError(cause) ? cause.message : String(cause);
    throw new DatabaseError('MIGRATION_FAILED', `Migration ${set.name}/${migration.id} failed: ${reason}.`, {
      remedy: 'The migration was rolled back. Fix the file and start again.',
      cause,
    });
  }
  await tx.query(RECORD, [set.name, migration.id, migration.checksum, migration.breaksOlder]);
}
