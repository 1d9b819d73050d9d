import { bisect } from './bisect.ts';
import { DatabaseError, isDatabaseUnavailable, isTimedOut, isTransactionConflict } from './database-error.ts';
import { retryConflicts } from './retry-conflicts.ts';
import type { ProbedDatabase, SqlDatabase, TransactionOptions } from './sql-database.ts';
import type { Transaction } from './transaction.ts';
import { type LineLimits, WaitingLine } from './waiting-line.ts';

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

/** How long a transaction that several share waits for a lock: it makes all of them wait. */
const SHARED_LOCK_MS = 1_000;
/** The same for one of them by itself, while the others wait for their turn. */
const APART_LOCK_MS = 250;
/** So many in a row that meet a lock: the others of their group are taken to meet it as well. */
const MAX_LOCKED = 4;
/** Items at once that wait alone for the lock that held up their group. */
const MAX_PATIENT = 2;

const DEFAULT_LIMITS: LineLimits = { maxWaiting: 4_096, maxWaitMs: 10_000 };

/** One that cannot be asked how it is counts as away when a statement has no answer. */
type GroupDatabase = SqlDatabase & Partial<Pick<ProbedDatabase, 'state'>>;

/** It had begun, and failed before COMMIT was sent: nothing of it was kept, and it may be done again. */
class NothingKept extends Error {
  constructor(cause: unknown) {
    super('The transaction of a group failed before its commit.', { cause });
  }
}

/** What the work threw, told apart from what its transaction did: another server's failure may look like a lost connection. */
class WorkThrew extends Error {
  constructor(cause: unknown) {
    super('The work of a group failed.', { cause });
  }
}

/**
 * Group commit: callers of one turn of the event loop share a transaction, and callers that come while it runs wait for
 * the next one and share that. A caller that comes alone is served at once and alone, and groups grow with the load by
 * themselves. Behind a slow one nobody waits longer than 10 ms: up to four run at once.
 *
 * A promise resolves after the COMMIT of its group, so what was promised is kept. When the work of a group throws, it is
 * done again for each half of the items, and so on, so that only the one that is to blame fails: work may be done several
 * times before it is kept once. The same when the session ends under the work while the database is usable.
 *
 * A group waits 1 s for a lock. After that, or when a statement took too long, each of its items is done by itself, and those
 * that meet the lock wait for it alone, two at a time, as long as a statement may take.
 *
 * When the database is away all that wait are told at once. A caller is refused with `OVERLOADED` when 4,096 wait already, or
 * when its work was not begun within 10 s.
 *
 * Not promised: any order between two items that are submitted before one of them is answered.
 */
export class GroupCommit<Item, Result> {
  readonly #database: GroupDatabase;
  readonly #work: GroupWork<Item, Result>;
  readonly #waiting: WaitingLine<Waiting<Item, Result>>;
  /** Behind a lock that somebody else holds. */
  readonly #locked: WaitingLine<Waiting<Item, Result>>;
  #running = 0;
  #patient = 0;
  #startedAt = 0;
  #isStarting = false;

  constructor(database: GroupDatabase, work: GroupWork<Item, Result>, limits: Partial<LineLimits> = {}) {
    this.#database = database;
    this.#work = work;
    this.#waiting = new WaitingLine({ ...DEFAULT_LIMITS, ...limits });
    this.#locked = new WaitingLine({ ...DEFAULT_LIMITS, ...limits });
  }

  /**
   * Resolves once the item's result is committed. Rejects with the reason of its refusal, with what the work threw, with
   * `OVERLOADED`, or as `Database.transaction` does: then nothing of it was kept, unless the connection was lost during COMMIT.
   */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#startSoon();
    });
  }

  /** As `submit`, at once and in a transaction that nobody shares. */
  alone(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      void this.#run([{ item, resolve, reject }]);
    });
  }

  /** In the next turn of the event loop: those whom the last group has answered are likely to come back together. */
  #startSoon(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    setImmediate(() => {
      this.#isStarting = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#mayStart()) {
      this.#running++;
      this.#startedAt = performance.now();
      // Also when it has ended by then: those that came meanwhile may be waiting for one that was there before.
      setTimeout(() => this.#start(), SLOW_MS + 1);
      void this.#run(this.#waiting.take(MAX_GROUP)).finally(() => {
        this.#running--;
        this.#startSoon();
      });
    }
  }

  #mayStart(): boolean {
    if (this.#running === 0) return true;
    return this.#running < MAX_RUNNING && performance.now() - this.#startedAt >= SLOW_MS;
  }

  /** Resolves when each has its answer or waits for a lock. */
  async #run(group: readonly Waiting<Item, Result>[]): Promise<void> {
    const undecided = new Set(group);
    try {
      await bisect(group, {
        work: (some) => this.#commit(some),
        failed: async (some, failure) => {
          const error = await this.#reasonOf(failure);
          if (some.length > 1 && !isLate(error)) return 'halve';
          for (const waiting of some) undecided.delete(waiting);
          if (some.length > 1) await this.#runApart(some);
          else refuse(some, error);
          return 'decided';
        },
      });
    } catch (error) {
      // The database is away. Those that wait would wait for it one after the other, and the queue would grow.
      refuse([...undecided, ...this.#waiting.take(Infinity), ...this.#locked.take(Infinity)], error);
    }
  }

  async #commit(group: readonly Waiting<Item, Result>[]): Promise<void> {
    if (group.length > 1) await this.#attempt(group, { lockTimeoutMs: SHARED_LOCK_MS });
    else await retryConflicts(() => this.#attempt(group, {}), causeOf);
  }

  /** Answers the group. When it rejects, nothing was kept and nobody was answered. */
  async #attempt(group: readonly Waiting<Item, Result>[], options: TransactionOptions): Promise<void> {
    answer(group, await this.#transact(group, options));
  }

  /** Why nothing was kept. Rejects with it when the database is away. */
  async #reasonOf(failure: unknown): Promise<unknown> {
    const reason = causeOf(failure);
    if (!(failure instanceof WorkThrew) && (await this.#isAway(failure))) throw reason;
    return reason;
  }

  /**
   * A statement without an answer, or a session that ended under the work, says that the database is away only if it is not
   * usable when it is asked: one of the group may have ended the session, and would do so again. During COMMIT nobody knows
   * what was kept, and nothing may be done again.
   */
  async #isAway(failure: unknown): Promise<boolean> {
    const error = causeOf(failure);
    const late = error instanceof DatabaseError && error.code === 'NO_ANSWER';
    if (!late && !isDatabaseUnavailable(error)) return false;
    if (!late && !(failure instanceof NothingKept)) return true;
    return (await this.#database.state?.()) !== 'usable';
  }

  /** In halves each would wait for the lock again, and so would those that have nothing to do with it. */
  async #runApart(group: readonly Waiting<Item, Result>[]): Promise<void> {
    let lockedInARow = 0;
    for (const [index, waiting] of group.entries()) {
      if (lockedInARow >= MAX_LOCKED) {
        for (const rest of group.slice(index)) this.#waitForLock(rest);
        return;
      }
      try {
        const isLocked = await this.#meetsLock(waiting);
        lockedInARow = isLocked ? lockedInARow + 1 : 0;
      } catch (error) {
        refuse(group.slice(index), error);
        throw error;
      }
    }
  }

  /** Returns whether it was late. Rejects when the database is away. */
  async #meetsLock(waiting: Waiting<Item, Result>): Promise<boolean> {
    try {
      await this.#attempt([waiting], { lockTimeoutMs: APART_LOCK_MS });
      return false;
    } catch (failure) {
      const error = await this.#reasonOf(failure);
      if (isTimedOut(error)) this.#waitForLock(waiting);
      else if (isTransactionConflict(error)) await this.#run([waiting]);
      else refuse([waiting], error);
      return isLate(error);
    }
  }

  #waitForLock(waiting: Waiting<Item, Result>): void {
    this.#locked.push(waiting);
    this.#startPatient();
  }

  #startPatient(): void {
    while (this.#locked.length > 0 && this.#patient < MAX_PATIENT) {
      this.#patient++;
      void this.#run(this.#locked.take(1)).finally(() => {
        this.#patient--;
        this.#startPatient();
      });
    }
  }

  async #transact(
    group: readonly Waiting<Item, Result>[],
    options: TransactionOptions,
  ): Promise<readonly ItemOutcome<Result>[]> {
    const items = group.map((waiting) => waiting.item);
    const progress: { isWorking: boolean } = { isWorking: false };
    const work = async (tx: Transaction): Promise<readonly ItemOutcome<Result>[]> => {
      progress.isWorking = true;
      try {
        const outcomes = await this.#work(tx, items);
        progress.isWorking = false;
        return outcomes;
      } catch (cause) {
        throw new WorkThrew(cause);
      }
    };
    try {
      return await this.#database.transaction(work, options);
    } catch (error) {
      throw progress.isWorking && !(error instanceof WorkThrew) ? new NothingKept(error) : error;
    }
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof WorkThrew || error instanceof NothingKept ? error.cause : error;
}

/** It waited for a lock, or took too long by itself. */
function isLate(error: unknown): boolean {
  return isTimedOut(error) || (error instanceof DatabaseError && error.code === 'NO_ANSWER');
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
