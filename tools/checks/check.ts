/** What one line of the test run found. */
export interface CheckResult {
  passed: number;
  failed: number;
}

/** One line of the test run: a static check counts as one, a Jest suite as its tests. */
export interface Check {
  name: string;
  group: CheckGroup;
  run(): Promise<CheckResult>;
}

export const checkGroups = ['static', 'unit', 'integration', 'e2e', 'conformance'] as const;
export type CheckGroup = (typeof checkGroups)[number];

export const isCheckGroup = (name: string): name is CheckGroup => checkGroups.some((known) => known === name);

export function total(results: readonly CheckResult[]): CheckResult {
  const sum = (field: keyof CheckResult): number =>
    results.reduce((count, result) => count + result[field], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

/** Read by machines: nothing may follow it on its line. */
export const summary = ({ passed, failed }: CheckResult): string => `${passed} passed, ${failed} failed`;
