import { describe, expect, it } from '@jest/globals';
import { BatchSize } from './batch-size.ts';

function after(...transactions: [messages: number, tookMs: number][]): number {
  const size = new BatchSize();
  for (const [messages, tookMs] of transactions) size.record(messages, tookMs);
  return size.limit;
}

describe('the size of a batch', () => {
  it('grows while batches are full and quick, up to a limit', () => {
    expect(after([100, 5])).toBe(200);
    expect(after([100, 5], [200, 9], [250, 15])).toBe(250);
  });

  it('stays where it is when batches are not full, or as slow as they should be', () => {
    expect(after([99, 1], [3, 1])).toBe(100);
    expect(after([100, 60])).toBe(100);
  });

  it('shrinks when transactions are slow, down to where it began', () => {
    expect(after([100, 5], [200, 9], [250, 101])).toBe(125);
    expect(after([100, 5], [200, 400], [100, 5_000])).toBe(100);
  });
});
