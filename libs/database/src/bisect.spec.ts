import { describe, expect, it } from '@jest/globals';
import { bisect, type Failed } from './bisect.ts';

const HALVE = Promise.resolve<Failed>('halve');

/** Does the work of numbers, of which some fail, and notes each try. */
async function run(
  items: readonly number[],
  failing: readonly number[],
  isLeft?: (item: number, done: readonly number[]) => boolean,
): Promise<{ tries: number[][]; done: number[]; refused: number[] }> {
  const [tries, done, refused]: [number[][], number[], number[]] = [[], [], []];
  await bisect(items, {
    work: async (some) => {
      await Promise.resolve();
      tries.push([...some]);
      if (some.some((item) => failing.includes(item))) throw new Error('one of them');
      done.push(...some);
    },
    failed: (some) => {
      if (some.length === 1) refused.push(...some);
      return Promise.resolve<Failed>(some.length === 1 ? 'decided' : 'halve');
    },
    ...(isLeft !== undefined && { isLeft: (item: number) => isLeft(item, done) }),
  });
  return { tries, done, refused };
}

describe('a bisection', () => {
  it('does all at once when nothing fails', async () => {
    expect(await run([1, 2, 3], [])).toEqual({ tries: [[1, 2, 3]], done: [1, 2, 3], refused: [] });
  });

  it('finds the item that fails, in order, and does the others', async () => {
    const { tries, done, refused } = await run([1, 2, 3, 4, 5], [4]);
    expect(tries).toEqual([[1, 2, 3, 4, 5], [1, 2, 3], [4, 5], [4], [5]]);
    expect(done).toEqual([1, 2, 3, 5]);
    expect(refused).toEqual([4]);
  });

  it('leaves out what need not be done any more when its turn comes', async () => {
    const { tries } = await run([1, 2, 3, 4], [1], (item, done) => item !== 4 || !done.includes(2));
    expect(tries).toEqual([[1, 2, 3, 4], [1, 2], [1], [2], [3]]);
  });

  it('tries nothing more when it is told that nothing can be decided', async () => {
    const away = new Error('away');
    const tries: number[][] = [];
    const bisection = bisect([1, 2, 3, 4], {
      work: (some) => {
        tries.push([...some]);
        return Promise.reject(away);
      },
      failed: (some) => (some.length > 2 ? HALVE : Promise.reject(away)),
    });
    await expect(bisection).rejects.toBe(away);
    expect(tries).toEqual([
      [1, 2, 3, 4],
      [1, 2],
    ]);
  });

  it('ends with the error of one item about which nothing is decided', async () => {
    const refusal = new Error('refused');
    const work = (): Promise<void> => Promise.reject(refusal);
    await expect(bisect([1], { work, failed: () => HALVE })).rejects.toBe(refusal);
  });
});
