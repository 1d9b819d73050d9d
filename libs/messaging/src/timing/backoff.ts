const FIRST_MS = 100;
const LAST_MS = 5_000;

/** How long to wait after so many failures in a row. */
export function backoff(failures: number): number {
  return Math.min(FIRST_MS * 2 ** (failures - 1), LAST_MS);
}
