import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_RETRY, retryDelayMs, type RetryPolicy } from './retry-policy.ts';

const policy = fc
  .tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 600_000 }))
  .map(([first, more]): RetryPolicy => ({ ...DEFAULT_RETRY, firstDelayMs: first, maxDelayMs: first + more }));
const attempt = fc.integer({ min: 1, max: 1_000 });
const random = fc.double({ min: 0, max: 1, noNaN: true });

const curve = ({ firstDelayMs, maxDelayMs }: RetryPolicy, n: number): number =>
  Math.min(firstDelayMs * 2 ** (n - 1), maxDelayMs);

describe('the wait before a retry', () => {
  it('is between half of the curve and all of it, in whole milliseconds', () => {
    fc.assert(
      fc.property(policy, attempt, random, (retry, n, r) => {
        const wait = retryDelayMs(retry, n, r);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(Math.floor(curve(retry, n) / 2));
        expect(wait).toBeLessThanOrEqual(curve(retry, n));
      }),
    );
  });

  it('never shrinks from one attempt to the next, for the same luck', () => {
    fc.assert(
      fc.property(policy, attempt, random, (retry, n, r) => {
        expect(retryDelayMs(retry, n + 1, r)).toBeGreaterThanOrEqual(retryDelayMs(retry, n, r));
      }),
    );
  });

  it('is spread, so that what failed together does not come back together', () => {
    const waits = Array.from({ length: 100 }, (_, n) => retryDelayMs(DEFAULT_RETRY, 5, n / 100));
    expect(new Set(waits).size).toBe(100);
  });

  it('adds up to about half a minute by default', () => {
    const waits = Array.from({ length: DEFAULT_RETRY.maxAttempts - 1 }, (_, n) =>
      retryDelayMs(DEFAULT_RETRY, n + 1, 0.5),
    );
    const total = waits.reduce((sum, wait) => sum + wait, 0);
    expect(total).toBeGreaterThan(15_000);
    expect(total).toBeLessThan(45_000);
  });
});
