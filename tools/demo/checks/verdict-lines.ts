import type { Verdict } from './all-checks.ts';

const shown = 5;

/** One line for each check; below a broken promise, where it was broken. */
export function verdictLines(verdicts: readonly Verdict[]): string[] {
  return verdicts.flatMap(({ promise, lookedAt, violations }) => {
    const mark = violations.length === 0 ? 'ok  ' : 'FAIL';
    const first = violations.slice(0, shown).map((violation) => `       ${violation}`);
    const more = violations.length > shown ? [`       and ${violations.length - shown} more`] : [];
    return [`${mark}  ${promise} (${lookedAt} looked at)`, ...first, ...more];
  });
}

export function countViolations(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((sum, { violations }) => sum + violations.length, 0);
}
