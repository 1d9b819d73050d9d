import type { SqlExecutor } from '@orderflow/database';
import type { BatchEntry, EffectScope } from './effect-scope.ts';

/**
 * Does for many deliveries what each would do by itself, in as few statements as it takes. Result `i` is of item `i`.
 *
 * - Two items may be of one row: copies of a message have ids of their own. The second gets what it would get after the first.
 * - Rows are to be locked in an order that is always the same, so that two transactions cannot wait for each other.
 * - As with the work of `transact`, nothing but SQL through `tx`: it is done again, for some of the items, when the transaction
 *   fails. Work that never ends fails the delivery that came first with it.
 */
export type BatchWork<Item, Result> = (tx: SqlExecutor, items: readonly Item[]) => Promise<readonly Result[]>;

interface Batch<Item, Result> {
  readonly items: Item[];
  answers?: Promise<readonly Answer<Result>[]>;
}

interface Answer<Result> {
  readonly result: Result;
}

/**
 * An effect of external handlers that one statement can have for many messages: an `UPDATE` of many rows instead of many
 * updates. Make one for each kind of effect, keep it, and give it to `delivery.transactInBatch`. Safe for concurrent use.
 */
export class BatchEffect<Item, Result> {
  readonly #work: BatchWork<Item, Result>;
  /** By transaction. */
  readonly #batches = new WeakMap<EffectScope, Batch<Item, Result>>();

  constructor(work: BatchWork<Item, Result>) {
    this.#work = work;
  }

  /** For the library. The same entry joins each transaction in which its message is tried. */
  entry(item: Item): BatchEntry<Result> {
    const places = new WeakMap<EffectScope, number>();
    return {
      join: (scope) => {
        const { items } = this.#batchOf(scope);
        places.set(scope, items.length);
        items.push(item);
      },
      result: async (scope) => {
        const batch = this.#batchOf(scope);
        batch.answers ??= this.#answers(scope.tx, batch.items);
        const answers = await batch.answers;
        const own = answers[places.get(scope) ?? answers.length];
        if (own === undefined)
          throw new TypeError('An entry of a batch effect has to join before it has a result.');
        return own.result;
      },
    };
  }

  async #answers(tx: SqlExecutor, items: readonly Item[]): Promise<Answer<Result>[]> {
    const results = await this.#work(tx, items);
    if (results.length === items.length) return results.map((result) => ({ result }));
    throw new TypeError(
      `The work of a batch effect gave ${results.length} results for ${items.length} items.`,
    );
  }

  #batchOf(scope: EffectScope): Batch<Item, Result> {
    let batch = this.#batches.get(scope);
    if (batch === undefined) this.#batches.set(scope, (batch = { items: [] }));
    return batch;
  }
}
