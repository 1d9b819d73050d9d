import { Database, migrate } from '@orderflow/database';
import { freshDatabase } from '@orderflow/testing';

/** A database of a spec file's own, with the tables of the library. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** A pool of its own, as another process would have. */
  another(maxConnections?: number): Database;
  /** Empties every table. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const TABLES = `SELECT string_agg(format('messaging.%I', tablename), ', ') AS names FROM pg_tables WHERE schemaname = 'messaging'`;

export async function startMessagingDatabase(): Promise<TestDatabase> {
  const { url, drop } = await freshDatabase('messaging');
  const pools: Database[] = [];
  const another = (maxConnections = 10): Database => {
    // A transaction that a test holds open must outlast a busy machine.
    const idleInTransactionTimeoutMs = 60_000;
    const applicationName = `pool-${pools.length}`;
    const pool = new Database({ url, applicationName, maxConnections, idleInTransactionTimeoutMs });
    pools.push(pool);
    return pool;
  };
  const database = another(30);
  await migrate(database, { name: 'messaging', directory: new URL('../../migrations/', import.meta.url) });
  return {
    url,
    database,
    another,
    clear: async () => {
      const [tables] = await database.query<{ names: string }>(TABLES);
      await database.query(`TRUNCATE ${tables?.names ?? ''} RESTART IDENTITY`);
      await database.query('INSERT INTO messaging.published_slot VALUES (0, clock_timestamp())');
    },
    stop: async () => {
      for (const pool of pools) await pool.close();
      await drop();
    },
  };
}

/** How many sessions of this database wait for a lock. */
export async function waitingForLock(database: Database): Promise<number> {
  const rows = await database.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
}

/** Ends sessions that wait for a lock, as an operator or a crash of the server would. */
export async function cutWaitingSessions(database: Database): Promise<number> {
  const rows = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return rows.length;
}
