/** What becomes of items whose work failed: it was decided about them, or each half is done by itself. */
export type Failed = 'decided' | 'halve';

export interface Bisection<Item> {
  /** Does the work of all. When it rejects, nothing of it was done. */
  readonly work: (items: readonly Item[]) => Promise<void>;
  /** Asked after each failure. What it throws ends the bisection: nothing more is tried. */
  readonly failed: (items: readonly Item[], error: unknown) => Promise<Failed>;
  /** Asked before each try: items that need not be done any more are left out. Default: all are done. */
  readonly isLeft?: (item: Item) => boolean;
}

/**
 * Does the work of many items at once. When that fails, it does the first half and then the second, each in the same way: the
 * item that fails is found after a few tries, and not after one for each of its neighbours.
 *
 * @throws what `failed` throws, and the error of one item about which it decides nothing
 */
export async function bisect<Item>(items: readonly Item[], bisection: Bisection<Item>): Promise<void> {
  const { work, failed, isLeft } = bisection;
  const left = isLeft === undefined ? items : items.filter(isLeft);
  if (left.length === 0) return;
  try {
    await work(left);
    return;
  } catch (error) {
    if ((await failed(left, error)) === 'decided') return;
    if (left.length === 1) throw error;
  }
  const middle = Math.ceil(left.length / 2);
  await bisect(left.slice(0, middle), bisection);
  await bisect(left.slice(middle), bisection);
}
