import { describe, expect, it } from '@jest/globals';
import { partitionOf } from '@orderflow/messaging';
import { keysInTurn } from './keys-in-turn.ts';

describe('keysInTurn', () => {
  it('gives each partition its turn, again and again', () => {
    const keys = keysInTurn(4, 3);
    expect(keys.map((key) => partitionOf(key, 4))).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('gives different keys', () => {
    expect(new Set(keysInTurn(16, 60)).size).toBe(960);
  });
});
