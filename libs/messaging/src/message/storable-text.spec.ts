import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storable } from './storable-text.ts';

/** Emoji, halves of pairs, NUL and plain letters, in any order, so that a cut falls on each of them. */
const nasty = fc
  .array(fc.constantFrom('a', '\u{1F600}', '\ud83d', '\ude00', '\0', '\n', '\u2028', 'é', '"', '\\'), {
    maxLength: 60,
  })
  .map((parts) => parts.join(''));

describe('a text that is made storable', () => {
  it('is well-formed, without NUL and short enough, wherever it is cut', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 1, max: 70 }), (text, maxLength) => {
        const stored = storable(text, maxLength);
        expect(stored.isWellFormed()).toBe(true);
        expect(stored).not.toContain('\0');
        expect(stored.length).toBeLessThanOrEqual(maxLength);
        expect(JSON.stringify(stored)).not.toMatch(/\\u(d[89a-f]|0000)/i);
      }),
    );
  });

  it('stays as it is when there is nothing wrong with it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        fc.pre(!text.includes('\0'));
        expect(storable(text)).toBe(text);
      }),
    );
  });

  it('loses a pair that the cut would have halved, and nothing more', () => {
    expect(storable(`${'x'.repeat(999)}\u{1F600}`)).toBe('x'.repeat(999));
    expect(storable(`${'x'.repeat(998)}\u{1F600}`)).toBe(`${'x'.repeat(998)}\u{1F600}`);
  });
});
