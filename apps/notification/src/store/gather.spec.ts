import { describe, expect, it } from '@jest/globals';
import { Gather } from './gather.ts';

function gather(maxItems: number, lingerMs = 5) {
  const groups: number[][] = [];
  const work = async (items: readonly number[]): Promise<number[]> => {
    groups.push([...items]);
    if (items.includes(-1)) throw new Error('refused');
    return items.map((item) => item * 10);
  };
  return { groups, gathering: new Gather({ lingerMs, maxItems, work }) };
}

describe('callers that come at the same time', () => {
  it('share one call of the work, and each gets its own result', async () => {
    const { groups, gathering } = gather(100);
    expect(await Promise.all([1, 2, 3].map((item) => gathering.submit(item)))).toEqual([10, 20, 30]);
    expect(groups).toEqual([[1, 2, 3]]);
  });

  it('are not kept waiting once they are enough', async () => {
    const { groups, gathering } = gather(2, 2 ** 30);
    expect(await Promise.all([1, 2, 3, 4].map((item) => gathering.submit(item)))).toEqual([10, 20, 30, 40]);
    expect(groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('are all told when the work fails, and the next ones are served', async () => {
    const { gathering } = gather(100);
    const outcomes = await Promise.allSettled([1, -1].map((item) => gathering.submit(item)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await gathering.submit(4)).toBe(40);
  });
});
