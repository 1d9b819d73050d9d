import { describe, expect, it } from '@jest/globals';
import { BatchSize } from './batch-size.ts';

type Transaction = [messages: number, tookMs: number, failed?: boolean];

/** In a process that has just begun. */
function begun(...transactions: Transaction[]): number {
  return recorded(new BatchSize(), transactions).limit;
}

/** In a process that has handled many quick messages. */
function after(...transactions: Transaction[]): number {
  return recorded(warm(), transactions).limit;
}

function warm(): BatchSize {
  const quick = [1, 2, 4, 8, 16, 32, 64].map((messages): Transaction => [messages, 5]);
  return recorded(new BatchSize(), quick);
}

function recorded(size: BatchSize, transactions: readonly Transaction[]): BatchSize {
  for (const transaction of transactions) size.record(...transaction);
  return size;
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

  it('begins with one message, and stays small while messages are slow: others do not wait for them', () => {
    expect(begun()).toBe(1);
    const size = new BatchSize();
    const limits = Array.from({ length: 9 }, () => {
      size.record(size.limit, 1_000 * size.limit);
      return size.limit;
    });
    expect(limits).toEqual([2, 1, 1, 2, 1, 1, 2, 1, 1]);
    expect(begun([1, 5], [2, 5], [4, 5], [8, 8_000], [4, 4_000], [2, 2_000])).toBe(1);
  });

  it('does not stay small in a database that has become slow', () => {
    expect(begun([1, 5], [2, 300], [1, 300], [2, 300], [4, 300], [8, 320])).toBe(16);
  });

  it('is the usual one after a few batches that are quick, or that are slow whatever their size', () => {
    expect(after()).toBe(100);
    expect(begun([1, 300], [2, 310], [4, 300], [8, 320], [16, 330], [32, 350], [64, 400])).toBe(100);
  });

  it('does not stay small because messages fail: that is slow by itself', () => {
    const failing = [1, 2, 4, 8, 16, 32, 64].map((messages): Transaction => [messages, 400 * messages, true]);
    expect(begun(...failing)).toBe(100);
  });

  it('begins anew when it is told to', () => {
    const size = warm();
    size.beginAnew();
    expect(size.limit).toBe(1);
  });
});
