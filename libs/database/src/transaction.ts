import type { Connection } from './connection.ts';
import { DatabaseError, fromDriver } from './database-error.ts';
import type { Rename } from './rename-schema.ts';
import type { SqlExecutor } from './sql-executor.ts';

/** What all views of one transaction share. */
interface Progress {
  open: boolean;
  readonly afterCommit: (() => void)[];
}

/** An open transaction on a connection of its own. Made by `Database.transaction` only; unusable once it has ended. */
export class Transaction implements SqlExecutor {
  readonly #connection: Connection;
  readonly #progress: Progress;
  readonly #rename: Rename | undefined;

  constructor(connection: Connection, progress: Progress = { open: true, afterCommit: [] }, rename?: Rename) {
    this.#connection = connection;
    this.#progress = progress;
    this.#rename = rename;
  }

  /** The same transaction for a library whose texts are to be changed. */
  renamed(rename: Rename): Transaction {
    return new Transaction(this.#connection, this.#progress, rename);
  }

  /** The same transaction, which runs each text as it is. */
  get plain(): Transaction {
    return this.#rename === undefined ? this : new Transaction(this.#connection, this.#progress);
  }

  /** False once the transaction has committed or rolled back. */
  get open(): boolean {
    return this.#progress.open;
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    if (!this.#progress.open) {
      throw new DatabaseError('TRANSACTION_ENDED', 'The transaction has already ended.', {
        remedy: 'Await every query inside the function given to transaction().',
      });
    }
    try {
      const result = await this.#connection.query<Row>(this.#rename?.(text) ?? text, values);
      return result.rows;
    } catch (error) {
      throw fromDriver(error);
    }
  }

  /** Calls back once the transaction has committed, and never if it rolls back. */
  afterCommit(callback: () => void): void {
    this.#progress.afterCommit.push(callback);
  }

  /** Called by the database once COMMIT has succeeded. */
  committed(): void {
    for (const callback of this.#progress.afterCommit) {
      // What is committed stays committed, whatever its listeners make of it: their failure is their own.
      queueMicrotask(callback);
    }
  }

  /** Called by the database just before COMMIT or ROLLBACK, so that a late query fails instead of escaping the transaction. */
  end(): void {
    this.#progress.open = false;
  }
}
