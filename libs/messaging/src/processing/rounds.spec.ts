import { describe, expect, it } from '@jest/globals';
import { roundsOf } from './rounds.ts';

const rounds = (...messages: string[]): string[][] => roundsOf(messages, (message) => message.charAt(0));

describe('rounds of the messages of one transaction', () => {
  it('hold the r-th message of each key', () => {
    expect(rounds('a1', 'a2', 'b1', 'a3', 'c1', 'b2')).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']]);
  });

  it('are as many as the busiest key has messages', () => {
    expect(rounds('a1', 'a2', 'a3')).toEqual([['a1'], ['a2'], ['a3']]);
    expect(rounds('a1', 'b1', 'c1')).toEqual([['a1', 'b1', 'c1']]);
    expect(rounds()).toEqual([]);
  });

  it('keep each message once, never two of one key together, and each key in order', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const counts = new Map<number, number>();
      const messages = Array.from({ length: 60 }, (_, index) => {
        const key = (seed * 7_919 + index * index * 31) % 9;
        const n = (counts.get(key) ?? 0) + 1;
        counts.set(key, n);
        return { key, n };
      });
      const split = roundsOf(messages, ({ key }) => String(key));
      for (const round of split) expect(new Set(round.map(({ key }) => key)).size).toBe(round.length);
      for (const [key, count] of counts) {
        const numbers = split.flat().filter((message) => message.key === key);
        expect(numbers.map(({ n }) => n)).toEqual([...Array(count).keys()].map((n) => n + 1));
      }
    }
  });
});
