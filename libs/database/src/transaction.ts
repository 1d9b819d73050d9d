import type { Connection } from './connection.ts';
import { DatabaseError, fromDriver } from './database-error.ts';
import type { SqlExecutor } from './sql-executor.ts';

/** An open transaction on a connection of its own. Made by `Database.transaction` only; unusable once it has ended. */
export class Transaction implements SqlExecutor {
  readonly #connection: Connection;
  readonly #afterCommit: (() => void)[] = [];
  #open = true;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** False once the transaction has committed or rolled back. */
  get open(): boolean {
    return this.#open;
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    if (!this.#open) {
      throw new DatabaseError('TRANSACTION_ENDED', 'The transaction has already ended.', {
        remedy: 'Await every query inside the function given to transaction().',
      });
    }
    try {
      const result = await this.#connection.query<Row>(text, values);
      return result.rows;
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** Calls back once the transaction has committed, and never if it rolls back. */
  afterCommit(callback: () => void): void {
    this.#afterCommit.push(callback);
  }

  /** Called by the database once COMMIT has succeeded. */
  committed(): void {
    for (const callback of this.#afterCommit) {
      // What is committed stays committed, whatever its listeners make of it: their failure is their own.
      queueMicrotask(callback);
    }
  }

  /** Called by the database just before COMMIT or ROLLBACK, so that a late query fails instead of escaping the transaction. */
  end(): void {
    this.#open = false;
  }
}
