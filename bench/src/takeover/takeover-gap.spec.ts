import { describe, expect, it } from '@jest/globals';
import { isShared, partitionsIn, takeoverGap } from './takeover-gap.ts';

const { NaN: never } = Number;

describe('the share of an instance', () => {
  it('is where it had effects', () => {
    expect(partitionsIn(Float64Array.of(never, 5, never, 6))).toEqual([1, 3]);
  });

  it.each([
    { one: [0, 1], other: [2], shared: true },
    { one: [0, 1], other: [1, 2], shared: false },
    { one: [0], other: [2], shared: false },
    { one: [0, 1, 2], other: [], shared: false },
  ])('$one and $other of three partitions: $shared', ({ one, other, shared }) => {
    expect(isShared(one, other, 3)).toBe(shared);
  });
});

describe('takeoverGap', () => {
  it('counts from the signal, only where the lost instance worked', () => {
    const gap = takeoverGap({
      lost: [1, 2, 3],
      leftAt: 1_000,
      firstAt: Float64Array.of(900, 1_100, 1_300, 1_150),
    });
    expect(gap).toEqual({ worst: 300, median: 150 });
  });

  it('refuses a partition that nobody took over', () => {
    const taking = { lost: [0, 1], leftAt: 0, firstAt: Float64Array.of(1, never) };
    expect(() => takeoverGap(taking)).toThrow('partitions 1 were not taken over');
  });

  it('refuses a partition that had moved before', () => {
    const taking = { lost: [0], leftAt: 10, firstAt: Float64Array.of(9) };
    expect(() => takeoverGap(taking)).toThrow('had moved before');
  });
});
