import type { DatabaseState } from './session.ts';
import type { SqlExecutor } from './sql-executor.ts';
import type { Transaction } from './transaction.ts';

export interface TransactionOptions {
  /** How long a statement waits for a lock before it fails with 55P03, in ms. Default: as long as a statement may take. */
  lockTimeoutMs?: number;
  /** How long a statement may take, in ms; 0 for any time, which also ends the client's own limit. Default: that of the database. */
  statementTimeoutMs?: number;
}

/** A database that can also open transactions. */
export interface SqlDatabase extends SqlExecutor {
  /** Commits when `work` resolves, rolls back when it rejects, and rejects with the same error. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** A database that can be asked how it is. */
export interface ProbedDatabase extends SqlDatabase {
  /** Whether a new session can be had at this moment, and whether it may write. */
  state(): Promise<DatabaseState>;
}
