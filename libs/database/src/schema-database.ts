import type { Database } from './database.ts';
import type { Rename } from './rename-schema.ts';
import type { DatabaseState } from './session.ts';
import type { ProbedDatabase, TransactionOptions } from './sql-database.ts';
import type { Transaction } from './transaction.ts';

/** A database as a library sees it whose tables are in another schema. What it hands on as `tx.plain` changes nothing. */
export class SchemaDatabase implements ProbedDatabase {
  readonly #database: Database;
  readonly #rename: Rename;

  constructor(database: Database, rename: Rename) {
    this.#database = database;
    this.#rename = rename;
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]> {
    return await this.#database.query<Row>(this.#rename(text), values);
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    return await this.#database.transaction((tx) => work(tx.renamed(this.#rename)), options);
  }

  /** As that of the database, with the same statements. */
  dedicated(options: Parameters<Database['dedicated']>[0]): SchemaDatabase {
    return new SchemaDatabase(this.#database.dedicated(options), this.#rename);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async state(): Promise<DatabaseState> {
    return await this.#database.state();
  }
}
