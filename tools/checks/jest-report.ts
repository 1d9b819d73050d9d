import type { CheckResult } from './check.ts';

const counts = ['numPassedTests', 'numFailedTests', 'numRuntimeErrorTestSuites'] as const;
type Counts = Record<(typeof counts)[number], number>;

/**
 * Counts a run from the file that `jest --json --outputFile` writes. What Jest does not count as a failed test is one
 * here all the same: a file that could not be run, a run without tests, one that was cut off, an exit code without a
 * failure to explain it.
 * @param report undefined when Jest wrote none
 */
export function countJestReport(report: unknown, exitCode: number): CheckResult {
  if (!hasCounts(report)) return { passed: 0, failed: 1 };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const unexplained = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: unexplained ? 1 : failed };
}

function hasCounts(report: unknown): report is Counts {
  if (typeof report !== 'object' || report === null) return false;
  const fields = new Map<string, unknown>(Object.entries(report));
  return counts.every((name) => Number.isInteger(fields.get(name)));
}
