import type { SqlExecutor } from '@orderflow/database';
import type { BatchEntry, EffectScope } from './effect-scope.ts';

/**
 * Does for many deliveries what each would do by itself, in as few statements as it takes. Result `i` is of item `i`. As
 * with the work of `transact`, nothing but SQL through `tx`: it runs again, for some of the items, when the transaction fails.
 */
export type BatchWork<Item, Result> = (tx: SqlExecutor, items: readonly Item[]) => Promise<readonly Result[]>;

interface Batch<Item, Result> {
  readonly items: Item[];
  results?: Promise<readonly Result[]>;
}

/**
 * An effect of external handlers that one statement can have for many messages: an `UPDATE` of many rows instead of many
 * updates. Make one for each kind of effect, keep it, and give it to `delivery.transactBatch`. Safe for concurrent use.
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
    let index = 0;
    return {
      join: (scope) => {
        index = this.#batchOf(scope).items.push(item) - 1;
      },
      result: async (scope) => {
        const batch = this.#batchOf(scope);
        batch.results ??= this.#work(scope.tx, batch.items);
        const results = await batch.results;
        if (results.length !== batch.items.length)
          throw new TypeError(
            `The work of a batch effect gave ${results.length} results for ${batch.items.length} items.`,
          );
        // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- a result may be undefined; there is one for each item
        return results[index]!;
      },
    };
  }

  #batchOf(scope: EffectScope): Batch<Item, Result> {
    let batch = this.#batches.get(scope);
    if (batch === undefined) this.#batches.set(scope, (batch = { items: [] }));
    return batch;
  }
}
