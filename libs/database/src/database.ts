import pg from 'pg';
import { DatabaseError, fromDriver, isDatabaseUnavailable } from './database-error.ts';
import { queryOf } from './prepared.ts';
import type { SqlDatabase } from './sql-executor.ts';
import { Transaction } from './transaction.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database` */
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Connections at most. Default 10. */
  maxConnections?: number;
  /**
   * The server ends a session that idles this long inside a transaction. This bounds how long the row locks of a
   * stopped process can hold up a takeover. Default 5,000 ms.
   */
  idleInTransactionTimeoutMs?: number;
  /** The server cancels a statement that runs longer. Default 30,000 ms. */
  statementTimeoutMs?: number;
  /** How long a caller waits for a connection. Default 5,000 ms. */
  connectTimeoutMs?: number;
  /**
   * When the client gives up on a statement, and on its connection. Only needed where the server's own limit cannot
   * arrive: packets are dropped, or it is frozen. Default: 2,000 ms more than statementTimeoutMs.
   */
  queryTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 30_000;

// The driver returns int8 as text. Row numbers and sequences stay far below 2^53; anything larger stays text.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, parseInt8);

function parseInt8(value: string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error. Work that swallowed an SQL error would
 * then count as done although nothing of it was kept.
 */
async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  if (command === 'COMMIT') return;
  throw new DatabaseError(
    'TRANSACTION_ABORTED',
    'A statement of the transaction failed, so nothing of it was kept.',
    {
      remedy: 'Let SQL errors pass out of the function given to transaction().',
    },
  );
}

interface WatchedConnection {
  /** Rejects when the server or the network ends the connection. */
  readonly lost: Promise<never>;
  /** Why the connection has ended. */
  readonly error: unknown;
  /** Gives the connection back to the pool, after a rollback if the work failed; a broken one is thrown away. */
  release(failure?: unknown): Promise<void>;
}

function watch(client: pg.PoolClient): WatchedConnection {
  let error: unknown;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {
    // Seen by whoever races against it; lost between two transactions it concerns nobody.
  });
  const onError = (cause: Error): void => {
    error = fromDriver(cause);
    reject(error);
  };
  client.on('error', onError);
  return {
    lost,
    get error() {
      return error;
    },
    release: async (failure) => {
      // Without an answer from the server a rollback would wait for one as well; closing the connection does the same.
      const broken =
        error !== undefined || isDatabaseUnavailable(failure) || !(await rolledBack(client, failure));
      client.off('error', onError);
      client.release(broken);
    },
  };
}

async function rolledBack(client: pg.PoolClient, failure: unknown): Promise<boolean> {
  if (failure === undefined) return true;
  return await client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

/** A pool of PostgreSQL connections. Safe for concurrent use. */
export class Database implements SqlDatabase {
  readonly #pool: pg.Pool;
  readonly #options: DatabaseOptions;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.maxConnections ?? 10,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 5_000,
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      query_timeout: options.queryTimeoutMs ?? (options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS) + 2_000,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      keepAlive: true,
      types,
    });
    // An idle connection that breaks is replaced by the pool; without a listener the error would end the process.
    this.#pool.on('error', () => undefined);
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    try {
      const result = await this.#pool.query<Row>(queryOf(text, values));
      return result.rows;
    } catch (error) {
      throw fromDriver(error);
    }
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    const tx = new Transaction(client);
    const connection = watch(client);
    let result: T;
    try {
      await client.query('BEGIN');
      // Work that waits for something else would not notice that its connection has gone.
      result = await Promise.race([work(tx), connection.lost]);
      tx.end();
      await commit(client);
    } catch (cause) {
      tx.end();
      const error = connection.error ?? fromDriver(cause);
      await connection.release(error);
      throw error;
    }
    await connection.release();
    tx.committed();
    return result;
  }

  async #connect(): Promise<pg.PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** A pool of its own to the same database, for work that must never wait behind other work. The caller closes it. */
  dedicated(options: { purpose: string; maxConnections: number; queryTimeoutMs: number }): Database {
    const { purpose, ...own } = options;
    return new Database({
      ...this.#options,
      ...own,
      connectTimeoutMs: options.queryTimeoutMs,
      applicationName: `${this.#options.applicationName}/${purpose}`,
    });
  }

  /** Waits for running queries, then closes every connection. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }
}
