import { expect, it } from '@jest/globals';
import type { SqlExecutor } from '@orderflow/database';
import { LockedSkus } from './locked-skus.ts';

const transaction = (): SqlExecutor => ({ query: () => Promise.resolve([]) });

it('lets a transaction wait for SKUs behind all that it holds, and for no others', () => {
  const locked = new LockedSkus();
  const tx = transaction();
  expect(locked.add(tx, ['b', 'd'])).toBe(true);
  expect(locked.add(tx, ['b', 'd'])).toBe(true);
  expect(locked.add(tx, ['e', 'f', 'b'])).toBe(true);
  expect(locked.add(tx, ['c'])).toBe(false);
  expect(locked.add(tx, ['g', 'a'])).toBe(false);
  expect(locked.add(transaction(), ['a'])).toBe(true);
});

it('knows the order of PostgreSQL’s COLLATE "C"', () => {
  const locked = new LockedSkus();
  const tx = transaction();
  locked.add(tx, ['Z']);
  expect(locked.add(tx, ['_', 'a'])).toBe(true);
  expect(locked.add(tx, ['-'])).toBe(false);
});
