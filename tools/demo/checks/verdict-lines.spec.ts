import { expect, it } from '@jest/globals';
import { countViolations, verdictLines } from './verdict-lines.ts';

const kept = { promise: 'stock is conserved', lookedAt: 9, violations: [] };
const broken = { promise: 'one charge', lookedAt: 30, violations: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] };

it('says of each promise whether it was kept, and where not', () => {
  expect(verdictLines([kept, broken])).toEqual([
    'ok    stock is conserved (9 looked at)',
    'FAIL  one charge (30 looked at)',
    ...['a', 'b', 'c', 'd', 'e'].map((violation) => `       ${violation}`),
    '       and 2 more',
  ]);
});

it('counts every violation', () => {
  expect(countViolations([kept, broken, broken])).toBe(14);
});
