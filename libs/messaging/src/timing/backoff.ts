export interface BackoffLimits {
  /** After the first failure. Default 100. */
  readonly firstMs?: number;
  /** However many have failed. Default 5,000. */
  readonly lastMs?: number;
}

/** How long to wait after so many failures in a row: twice as long after each. */
export function backoff(failures: number, { firstMs = 100, lastMs = 5_000 }: BackoffLimits = {}): number {
  return Math.min(firstMs * 2 ** (failures - 1), lastMs);
}
