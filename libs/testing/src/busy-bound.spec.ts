import { describe, expect, it } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { availableParallelism } from 'node:os';
import { busyBound, slowdown } from './busy-bound.ts';

describe('the bound of a duration', () => {
  it('is never less than the one for an idle machine', () => {
    expect(busyBound(1_000)).toBeGreaterThanOrEqual(1_000);
  });

  it('grows when others use the processors', async () => {
    const spinners = Array.from(
      { length: 3 * availableParallelism() },
      () => new Worker('while (true) {}', { eval: true }),
    );
    try {
      await Promise.all(spinners.map((spinner) => new Promise((resolve) => spinner.once('online', resolve))));
      expect(slowdown()).toBeGreaterThan(2);
    } finally {
      await Promise.all(spinners.map((spinner) => spinner.terminate()));
    }
  });
});
