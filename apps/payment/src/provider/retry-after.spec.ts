import { expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');

it.each([
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['999999', 300_000],
  ['999999999999999', 300_000],
  ['Sat, 31 Jan 2026 12:00:05 GMT', 5_000],
  ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
])('Retry-After %j asks for %j ms', (header, waitMs) => {
  expect(retryAfterMs(header, NOW)).toBe(waitMs);
});
