import { describe, expect, it } from '@jest/globals';
import { compareVersions, MINIMUM_BROKER } from './broker.ts';

describe('compareVersions()', () => {
  it.each([
    ['2.14.0', '2.14.0', 0],
    ['2.14.1', '2.14.0', 1],
    ['2.15.0', '2.14.9', 1],
    ['2.9.0', '2.14.0', -1],
    ['2.10.29', '2.14.0', -1],
    ['3.0.0', '2.99.99', 1],
    ['2.14', '2.14.0', 0],
    ['2.14.0-RC.1', '2.14.0', 0],
    ['unknown', '0.0.1', -1],
    ['', '0.0.1', -1],
  ])('of %s and %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  it('takes a version that cannot be read for too old', () => {
    expect(compareVersions('dev', MINIMUM_BROKER)).toBeLessThan(0);
  });
});
