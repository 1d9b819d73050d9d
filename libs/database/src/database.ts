import pg from 'pg';
import { DatabaseError } from './database-error.ts';
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
}

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
  throw new DatabaseError('TRANSACTION_ABORTED', 'A statement of the transaction failed, so nothing of it was kept.', {
    remedy: 'Let SQL errors pass out of the function given to transaction().',
  });
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
      statement_timeout: options.statementTimeoutMs ?? 30_000,
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
    const result = await this.#pool.query<Row>(text, [...values]);
    return result.rows;
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    const tx = new Transaction(client);
    let result: T;
    try {
      await client.query('BEGIN');
      result = await work(tx);
      tx.end();
      await commit(client);
    } catch (error) {
      tx.end();
      const reason = broken ?? error;
      await client.query('ROLLBACK').catch((cause: unknown) => {
        broken = Error.isError(cause) ? cause : new Error(String(cause));
      });
      throw reason;
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
    tx.committed();
    return result;
  }

  /** A pool of its own to the same database, for work that must never wait behind other work. The caller closes it. */
  dedicated(options: { purpose: string; maxConnections: number }): Database {
    return new Database({
      ...this.#options,
      applicationName: `${this.#options.applicationName}/${options.purpose}`,
      maxConnections: options.maxConnections,
    });
  }

  /** Waits for running queries, then closes every connection. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#pool.end();
    return this.#closed;
  }
}
