import { describe, expect, it } from '@jest/globals';
import { median, percentile, spreadOf } from './statistics.ts';

describe('statistics', () => {
  it.each([
    [[3], 3],
    [[9, 1, 3], 3],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
  ])('%d of the numbers from 1 to 100 lie at or below %d', (share, expected) => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('a spread is the median between the least and the most', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
  });

  it('of nothing there is no figure', () => {
    expect(median([])).toBeNaN();
    expect(percentile([], 0.5)).toBeNaN();
  });
});
