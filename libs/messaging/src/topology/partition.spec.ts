import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fnv1a32, partitionOf } from './partition.ts';

describe('fnv1a32()', () => {
  // http://www.isthe.com/chongo/src/fnv/test_fnv.c, and UTF-8 by the same definition.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['b', 0xe70c2de5],
    ['foobar', 0xbf9cf968],
    ['fooba', 0x39aaa18a],
    ['chongo was here!\n', 0xd49930d5],
    ['é', referenceHash([0xc3, 0xa9])],
    ['日本', referenceHash([0xe6, 0x97, 0xa5, 0xe6, 0x9c, 0xac])],
    ['😀', referenceHash([0xf0, 0x9f, 0x98, 0x80])],
  ])('of "%s" is %d', (text, hash) => {
    expect(fnv1a32(text)).toBe(hash);
  });

  it('is a whole number of 32 bits for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hash = fnv1a32(text);
        expect(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32).toBe(true);
      }),
    );
  });
});

describe('partitionOf()', () => {
  it('is from 0 to count - 1', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_000 }), (key, count) => {
        const partition = partitionOf(key, count);
        expect(partition >= 0 && partition < count).toBe(true);
      }),
    );
  });
});

/** By the definition, in whole numbers without limit. */
function referenceHash(bytes: readonly number[]): number {
  let hash = 0x811c9dc5n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x01000193n) % 2n ** 32n;
  return Number(hash);
}
