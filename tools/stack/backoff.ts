const firstDelayMs = 200;
const longestDelayMs = 15_000;

/** A process that ran this long had nothing wrong with its start: the next restart is quick again. */
export const stableAfterMs = 30_000;

/** Wait before restart number `attempt`, counted from 0: doubles each time, so that a crash loop does not eat the machine. */
export function backoffMs(attempt: number): number {
  return Math.min(firstDelayMs * 2 ** attempt, longestDelayMs);
}
