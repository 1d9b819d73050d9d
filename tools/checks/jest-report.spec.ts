import { describe, expect, it } from '@jest/globals';
import { summary, total } from './check.ts';
import { countJestReport } from './jest-report.ts';

const report = (numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number) => ({
  numPassedTests,
  numFailedTests,
  numRuntimeErrorTestSuites,
});

describe('the count of a Jest run', () => {
  it.each([
    ['all passed', report(7, 0, 0), 0, '7 passed, 0 failed'],
    ['some failed', report(7, 2, 0), 1, '7 passed, 2 failed'],
    ['a file that could not be run', report(7, 0, 1), 1, '7 passed, 1 failed'],
    ['no test at all', report(0, 0, 0), 0, '0 passed, 1 failed'],
    ['an exit code that no failure explains', report(7, 0, 0), 134, '7 passed, 1 failed'],
    ['no report', undefined, 1, '0 passed, 1 failed'],
    ['a report of something else', { numPassedTests: 7 }, 0, '0 passed, 1 failed'],
  ])('%s', (_, found, exitCode, expected) => {
    expect(summary(countJestReport(found, exitCode))).toBe(expected);
  });

  it('sums over suites', () => {
    const sum = total([
      { passed: 1, failed: 0 },
      { passed: 40, failed: 2 },
    ]);
    expect(summary(sum)).toBe('41 passed, 2 failed');
  });
});
