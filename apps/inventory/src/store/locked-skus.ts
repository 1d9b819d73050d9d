import type { SqlExecutor } from '@orderflow/database';

/** Which SKUs an open transaction holds. Forgotten with the transaction. */
export class LockedSkus {
  readonly #held = new WeakMap<SqlExecutor, Set<string>>();

  /**
   * Adds what the transaction is about to lock.
   *
   * @returns whether it may wait for the new ones: all of them come behind all that it holds, in the order of code units
   */
  add(tx: SqlExecutor, skus: readonly string[]): boolean {
    const held = this.#held.get(tx) ?? new Set<string>();
    const last = [...held].reduce((left, right) => (left > right ? left : right), '');
    const mayWait = skus.every((sku) => held.has(sku) || sku > last);
    for (const sku of skus) held.add(sku);
    this.#held.set(tx, held);
    return mayWait;
  }
}
