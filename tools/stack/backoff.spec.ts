import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.ts';

describe('backoff', () => {
  it('doubles from a fifth of a second up to a quarter of a minute', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7, 50].map(backoffMs);
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000]);
  });
});
