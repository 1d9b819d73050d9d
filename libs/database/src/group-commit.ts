import { isDatabaseUnavailable, isTransactionConflict } from './database-error.ts';
import type { SqlDatabase } from './sql-executor.ts';
import type { Transaction } from './transaction.ts';

/** What became of one item: its result, or why it was refused without harm to the others. */
export type ItemOutcome<Result> =
  { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'refused'; readonly reason: unknown };

/**
 * Does the work of many callers in one transaction. Item `i` gets outcome `i`. What it throws rolls back all of it.
 *
 * @param items in the order in which they were submitted
 */
export type GroupWork<Item, Result> = (
  tx: Transaction,
  items: readonly Item[],
) => Promise<readonly ItemOutcome<Result>[]>;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** Items in one transaction at most: bounds how long its locks are held. */
const MAX_GROUP = 128;
/** A transaction that takes longer does not hold up those who have come meanwhile: they start another one. */
const SLOW_MS = 10;
/** Transactions at once, however slow they are. */
const MAX_RUNNING = 4;
/** Tries of one item by itself that another transaction is in the way of. */
const CONFLICT_TRIES = 5;

/**
 * Group commit: callers that come while a transaction runs wait for the next one and share it. A caller that comes alone
 * is served at once and alone, and groups grow with the load by themselves. Behind a slow one nobody waits longer than
 * 10 ms: up to four run at once.
 *
 * A promise resolves after the COMMIT of its group, so what was promised is kept. When the work of a group throws, it is
 * done again for each half of the items, and so on, so that only the one that is to blame fails: work may be done several
 * times before it is kept once.
 *
 * When the database is away all that wait are told at once. A group waits for every lock that one of its items waits for.
 *
 * Not promised: any order between two items that are submitted before one of them is answered.
 */
export class GroupCommit<Item, Result> {
  readonly #database: SqlDatabase;
  readonly #work: GroupWork<Item, Result>;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #running = 0;
  #startedAt = 0;

  constructor(database: SqlDatabase, work: GroupWork<Item, Result>) {
    this.#database = database;
    this.#work = work;
  }

  /**
   * Resolves once the item's result is committed. Rejects with the reason of its refusal, with what the work threw, or
   * as `Database.transaction` does: then nothing of it was kept, unless the connection was lost during COMMIT.
   */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#start();
    });
  }

  /** As `submit`, at once and in a transaction that nobody shares. */
  alone(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      void this.#run([{ item, resolve, reject }]);
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      this.#running++;
      this.#startedAt = performance.now();
      // Also when it has ended by then: those that came meanwhile may be waiting for one that was there before.
      setTimeout(() => this.#start(), SLOW_MS + 1);
      void this.#run(this.#waiting.splice(0, MAX_GROUP)).finally(() => {
        this.#running--;
        this.#start();
      });
    }
  }

  #mayStart(): boolean {
    if (this.#running === 0) return true;
    return this.#running < MAX_RUNNING && performance.now() - this.#startedAt >= SLOW_MS;
  }

  /** Resolves when each has its answer; with the error, if it is that the database is away. */
  async #run(group: readonly Waiting<Item, Result>[], tries = 1): Promise<unknown> {
    let outcomes: readonly ItemOutcome<Result>[];
    try {
      outcomes = await this.#transact(group);
    } catch (error) {
      if (isDatabaseUnavailable(error)) {
        // Those that wait as well: one after the other would wait for a database that is away, and the queue would grow.
        refuse([...group, ...this.#waiting.splice(0)], error);
        return error;
      }
      if (group.length > 1) return await this.#runHalves(group);
      if (isTransactionConflict(error) && tries < CONFLICT_TRIES) return await this.#run(group, tries + 1);
      refuse(group, error);
      return undefined;
    }
    // It is committed: whatever happens from here on must not do it again.
    answer(group, outcomes);
    return undefined;
  }

  async #runHalves(group: readonly Waiting<Item, Result>[]): Promise<unknown> {
    const middle = Math.ceil(group.length / 2);
    const away = await this.#run(group.slice(0, middle));
    if (away === undefined) return await this.#run(group.slice(middle));
    refuse(group.slice(middle), away);
    return away;
  }

  #transact(group: readonly Waiting<Item, Result>[]): Promise<readonly ItemOutcome<Result>[]> {
    const items = group.map((waiting) => waiting.item);
    return this.#database.transaction((tx) => this.#work(tx, items));
  }
}

function refuse<Result>(group: readonly Waiting<unknown, Result>[], reason: unknown): void {
  for (const { reject } of group) reject(reason);
}

function answer<Result>(
  group: readonly Waiting<unknown, Result>[],
  outcomes: readonly ItemOutcome<Result>[],
): void {
  for (const [index, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined)
      reject(new TypeError(`The work of a group gave no outcome for item ${index}.`));
    else if (outcome.kind === 'done') resolve(outcome.result);
    else reject(outcome.reason);
  }
}
