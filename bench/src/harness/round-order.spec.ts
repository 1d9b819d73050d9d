import { expect, it } from '@jest/globals';
import { orderOfRound } from './round-order.ts';

it('the order of the contestants turns round with each round', () => {
  const rounds = [0, 1, 2].map((round) => orderOfRound(['a', 'b', 'c'], round).join(''));
  expect(rounds).toEqual(['abc', 'cba', 'abc']);
});
