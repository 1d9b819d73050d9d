import pg from 'pg';
import { Connection } from './connection.ts';
import { DatabaseError, fromDriver, isDatabaseUnavailable } from './database-error.ts';
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
async function commit(connection: Connection): Promise<void> {
  const { command } = await connection.query('COMMIT');
  if (command === 'COMMIT') return;
  throw new DatabaseError(
    'TRANSACTION_ABORTED',
    'A statement of the transaction failed, so nothing of it was kept.',
    {
      remedy: 'Let SQL errors pass out of the function given to transaction().',
    },
  );
}

/** A pool of PostgreSQL connections. Safe for concurrent use. */
export class Database implements SqlDatabase {
  readonly #pool: pg.Pool;
  readonly #options: DatabaseOptions;
  readonly #queryTimeoutMs: number;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? statementTimeoutMs + 2_000;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.maxConnections ?? 10,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 5_000,
      statement_timeout: statementTimeoutMs,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      keepAlive: true,
      types,
    });
    // An idle connection that breaks is replaced by the pool; without a listener the error would end the process.
    this.#pool.on('error', () => undefined);
    // The same for one that breaks before whoever asked for it can listen: its end may come in one packet with its start.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    const connection = await this.#connect();
    try {
      const { rows } = await connection.query<Row>(text, values);
      connection.release();
      return rows;
    } catch (cause) {
      const error = connection.error ?? fromDriver(cause);
      connection.release(isDatabaseUnavailable(error));
      throw error;
    }
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    const tx = new Transaction(connection);
    let result: T;
    try {
      await connection.query('BEGIN');
      // Work that waits for something else would not notice that its connection has gone.
      result = await Promise.race([work(tx), connection.lost]);
      tx.end();
      await commit(connection);
    } catch (cause) {
      tx.end();
      const error = connection.error ?? fromDriver(cause);
      // Without an answer from the server a rollback would wait for one as well; closing the connection does the same.
      connection.release(isDatabaseUnavailable(error) || !(await connection.rollBack()));
      throw error;
    }
    connection.release();
    tx.committed();
    return result;
  }

  async #connect(): Promise<Connection> {
    try {
      return new Connection(await this.#pool.connect(), this.#queryTimeoutMs);
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
