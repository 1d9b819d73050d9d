import pg from 'pg';
import { Connection } from './connection.ts';
import { connectionLost, fromDriver } from './database-error.ts';
import type { DatabaseOptions } from './database-options.ts';
import { type DatabaseState, prepareSession, probeDatabase } from './session.ts';
import type { ProbedDatabase, TransactionOptions } from './sql-database.ts';
import { Transaction } from './transaction.ts';
import { beginning, commit, readOnly } from './transaction-statements.ts';

const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_MS = 5_000;

// The driver returns int8 as text. Row numbers and sequences stay far below 2^53; anything larger stays text.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, parseInt8);

function parseInt8(value: string): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * A pool of PostgreSQL connections. Safe for concurrent use.
 *
 * Each new session gets the settings that the code relies on (`session.ts`), whatever its role or database has for defaults, in one round
 * trip. A session that the server has ended, or that turned read-only, leaves the pool.
 *
 * Through PgBouncer: `pool_mode = session` works as it is, no startup parameter has to be ignored. `pool_mode = transaction` and `statement` are not
 * supported: settings would be lost between two transactions, and statements that were prepared. A service that must use them gives its role
 * the same settings with `ALTER ROLE ... SET`, and PgBouncer `max_prepared_statements` above 0; the limits of this pool's options then do not apply.
 */
export class Database implements ProbedDatabase {
  readonly #pool: pg.Pool;
  readonly #options: DatabaseOptions;
  readonly #queryTimeoutMs: number;
  /** Sessions that may write, with their settings made. */
  readonly #prepared = new WeakSet<pg.PoolClient>();
  #probing: Promise<DatabaseState> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
    this.#queryTimeoutMs = options.queryTimeoutMs ?? statementTimeoutMs + 2_000;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
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
      return rows;
    } catch (cause) {
      throw connection.error ?? fromDriver(cause);
    } finally {
      connection.release();
    }
  }

  /**
   * What the work throws is thrown as it is, and with `UNREACHABLE` only if this transaction's own connection was lost.
   * Refused with `READ_ONLY` before the work begins when the database can only be read.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const connection = await this.#connect();
    if (connection.readOnly) {
      connection.release();
      throw readOnly();
    }
    if (options.statementTimeoutMs === 0) connection.limitStatements(0);
    const tx = new Transaction(connection);
    let result: T;
    try {
      await connection.query(beginning(options));
      // Work that waits for something else would not notice that its connection has gone.
      result = await Promise.race([work(tx), connection.lost]);
      tx.end();
      await commit(connection);
    } catch (cause) {
      tx.end();
      throw await this.#failed(connection, cause);
    }
    connection.release();
    tx.committed();
    return result;
  }

  /** What a failed transaction is to be rejected with: an error of the work says nothing if the connection has gone, whatever it looks like. */
  async #failed(connection: Connection, cause: unknown): Promise<unknown> {
    // Without an answer from the server a rollback would wait for one as well; closing the connection does the same.
    const rolledBack = connection.error === undefined && (await connection.rollBack());
    connection.release(!rolledBack);
    return rolledBack ? cause : (connection.error ?? connectionLost(cause));
  }

  async #connect(): Promise<Connection> {
    try {
      const client = await this.#pool.connect();
      const connection = new Connection(client, this.#queryTimeoutMs);
      if (!this.#prepared.has(client)) await this.#prepare(client, connection);
      return connection;
    } catch (error) {
      throw fromDriver(error);
    }
  }

  async #prepare(client: pg.PoolClient, connection: Connection): Promise<void> {
    const { statementTimeoutMs, idleInTransactionTimeoutMs, connectTimeoutMs } = this.#options;
    connection.limitStatements(connectTimeoutMs ?? CONNECT_TIMEOUT_MS);
    try {
      connection.readOnly = await prepareSession(connection, {
        statementTimeoutMs: statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
        idleInTransactionTimeoutMs: idleInTransactionTimeoutMs ?? IDLE_IN_TRANSACTION_MS,
      });
    } catch (error) {
      connection.release(true);
      throw connection.error ?? error;
    }
    connection.limitStatements(this.#queryTimeoutMs);
    if (!connection.readOnly) this.#prepared.add(client);
  }

  /** Asks the server over a new connection, within 4 s. Those who ask at the same time share the answer. */
  state(): Promise<DatabaseState> {
    const { url, applicationName } = this.#options;
    this.#probing ??= probeDatabase(url, `${applicationName}/probe`).finally(
      () => (this.#probing = undefined),
    );
    return this.#probing;
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
