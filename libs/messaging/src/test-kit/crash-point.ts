import type {
  DatabaseState,
  ProbedDatabase,
  SqlExecutor,
  Transaction,
  TransactionOptions,
} from '@orderflow/database';
import { HandlerAbandoned } from '../processing/settlement.ts';

/**
 * Where the process dies: `before-commit`, with all its work done and none of it kept; `after-commit`, with the work
 * kept and the message not acknowledged, so that it comes again.
 */
export type CrashPoint = 'before-commit' | 'after-commit';

/** Stands for the death of the process: like it, says nothing about the message. */
export class Crashed extends HandlerAbandoned {}

/** A database whose next transaction crashes at the given point, for real: it is rolled back, or it is committed and nobody is told. */
export class CrashingDatabase implements ProbedDatabase {
  readonly #database: ProbedDatabase;
  #next: { point: CrashPoint; skip: number } | undefined;

  constructor(database: ProbedDatabase) {
    this.#database = database;
  }

  /** @param skip transactions that go well before the one that crashes */
  crashNext(point: CrashPoint, skip: number): void {
    this.#next = { point, skip };
  }

  query: SqlExecutor['query'] = (text, values) => this.#database.query(text, values);

  state(): Promise<DatabaseState> {
    return this.#database.state();
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T> {
    const point = this.#takePoint();
    const result = await this.#database.transaction(async (tx) => {
      const value = await work(tx);
      if (point === 'before-commit') throw new Crashed();
      return value;
    }, options);
    if (point === 'after-commit') throw new Crashed();
    return result;
  }

  #takePoint(): CrashPoint | undefined {
    const next = this.#next;
    if (next === undefined || next.skip-- > 0) return undefined;
    this.#next = undefined;
    return next.point;
  }
}
