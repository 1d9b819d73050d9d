import { describe, expect, it } from '@jest/globals';
import { contestantResults, goalResults, ratiosOf, type TurnRecord } from './contestant-result.ts';
import type { Contestant, Workload } from './workload.ts';

const contestant = (name: string, more: Partial<Contestant> = {}): Contestant => ({
  name,
  role: 'peer',
  options: {},
  servers: [],
  turn: () => Promise.reject(new Error('not run here')),
  ...more,
});

const workload: Workload = {
  name: 'w',
  title: 'W',
  figures: [
    { name: 'rate', unit: 'x/s', better: 'more' },
    { name: 'p99', unit: 'ms', better: 'less' },
  ],
  comparedWith: 'limit',
  contestants: [],
  goals: [
    { contestant: 'ours', of: 'limit', atLeast: 0.4 },
    { contestant: 'ours', of: 'limit', atLeast: 0.3, figure: 'p99' },
    { contestant: 'ours', of: 'gone', atLeast: 0.1 },
    { contestant: 'ours', figure: 'p99', bound: { atMost: 4 } },
    { contestant: 'ours', figure: 'p99', bound: { atMost: 3.9 } },
    { contestant: 'gone', figure: 'p99', bound: { atMost: 4 } },
    { contestant: 'ours', figure: 'rate', bound: { atLeast: 65 } },
    { contestant: 'ours', figure: 'rate', bound: { atLeast: 66 } },
    { contestant: 'ours', of: 'limit', atLeast: 1, orReaches: 65 },
    { contestant: 'ours', of: 'limit', atLeast: 1, orReaches: 66 },
  ],
};

const limit: TurnRecord = {
  contestant: contestant('limit'),
  rounds: [
    { rate: 100, p99: 1 },
    { rate: 200, p99: 1 },
  ],
};
const ours: TurnRecord = {
  contestant: contestant('ours'),
  rounds: [
    { rate: 50, p99: 4 },
    { rate: 80, p99: 4 },
  ],
};
const gone: TurnRecord = { contestant: contestant('gone'), rounds: [{ rate: 1 }], missing: 'not here' };

describe('the result of a contestant', () => {
  it('has median and spread, and ratios taken round by round', () => {
    const [, result] = contestantResults(workload, [limit, ours]);
    expect(result?.figures['rate']).toMatchObject({ median: 65, min: 50, max: 80, values: [50, 80] });
    expect(result?.figures['rate']?.ratio).toEqual({ median: 0.45, min: 0.4, max: 0.5 });
  });

  it('is a reason without figures when it did not take part, or no longer', () => {
    const [result] = contestantResults(workload, [gone]);
    expect(result).toMatchObject({ missing: 'not here', figures: {} });
  });

  it('has no ratio to one that is missing', () => {
    const lonely = { ...ours, contestant: contestant('lonely', { comparedWith: 'gone' }) };
    const [result] = contestantResults(workload, [lonely, gone]);
    expect(result).toMatchObject({ comparedWith: 'gone' });
    expect(result?.figures['rate']).not.toHaveProperty('ratio');
  });

  it('has ratios above 1 where it is better, also where less is better', () => {
    expect(ratiosOf([2, 4], [1, 1], 'more')).toEqual([2, 4]);
    expect(ratiosOf([2, 4], [1, 1], 'less')).toEqual([0.5, 0.25]);
  });
});

describe('a goal', () => {
  it('is reached by the median, of a ratio or as it is, on the figure that it names', () => {
    const results = goalResults(workload, contestantResults(workload, [limit, ours, gone]));
    expect(results.map(({ ratio, value, reached }) => [ratio ?? value, reached])).toEqual([
      [0.45, true],
      [0.25, false],
      [undefined, false],
      [4, true],
      [4, false],
      [undefined, false],
      [65, true],
      [65, false],
      [0.45, true],
      [0.45, false],
    ]);
  });
});
