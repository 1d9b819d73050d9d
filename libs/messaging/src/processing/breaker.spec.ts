import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Breaker, Breakers } from './breaker.ts';

/** Trips a breaker and lets the pause pass. */
function opened(): Breaker {
  const breaker = new Breaker();
  breaker.trip(breaker.admit());
  jest.advanceTimersByTime(600);
  return breaker;
}

describe('Breaker', () => {
  beforeEachFakeClock();

  it('lets everything through while the dependency answers', () => {
    const breaker = new Breaker();
    expect([breaker.admit(), breaker.admit()].map((admission) => admission.waitMs)).toEqual([0, 0]);
    expect(breaker.open).toBe(false);
  });

  it('lets nothing through until the pause is over, then one probe at a time', () => {
    const breaker = new Breaker();
    breaker.trip(breaker.admit());
    expect(breaker.admit().waitMs).toBeGreaterThan(0);
    jest.advanceTimersByTime(600);
    expect(breaker.admit()).toEqual({ waitMs: 0, isProbe: true });
    jest.advanceTimersByTime(60_000);
    expect(breaker.admit()).toMatchObject({ isProbe: false });
    expect(breaker.admit().waitMs).toBeGreaterThan(0);
  });

  it('doubles the pause for each failed probe, not for calls that were under way', () => {
    const breaker = new Breaker();
    const first = breaker.admit();
    const straggler = breaker.admit();
    expect(breaker.trip(first)).toBeCloseTo(500, -1);
    expect(breaker.trip(straggler)).toBeLessThanOrEqual(500);
    jest.advanceTimersByTime(600);
    const probe = breaker.admit();
    expect(breaker.trip(probe)).toBeCloseTo(1_000, -1);
  });

  it('admits another probe after one that ended without an answer', () => {
    const breaker = opened();
    const probe = breaker.admit();
    breaker.leave(probe);
    expect(breaker.admit()).toEqual({ waitMs: 0, isProbe: true });
  });

  it('closes when a call gets through', () => {
    const breaker = opened();
    breaker.reset();
    expect(breaker.admit()).toEqual({ waitMs: 0, isProbe: false });
  });
});

describe('Breakers', () => {
  beforeEachFakeClock();

  it('names what is down, and forgets what no handler names', () => {
    const breakers = new Breakers();
    const [named, nameless] = [breakers.of('provider'), breakers.of('')];
    named.trip(named.admit());
    nameless.trip(nameless.admit());
    expect(breakers.down).toEqual(['provider']);
    breakers.of('provider').reset();
    expect(breakers.down).toEqual([]);
  });
});

function beforeEachFakeClock(): void {
  // The clock of the breaker is performance.now().
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
}
