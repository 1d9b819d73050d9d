import { backoff } from '../timing/backoff.ts';

/** Exponential backoff with jitter. */
export interface RetryPolicy {
  /** Attempts in all; after the last one the message is a dead letter. */
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** About half a minute of retries before the last attempt fails. */
export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 10, firstDelayMs: 100, maxDelayMs: 10_000 };

/**
 * The wait after the given attempt: between half of the curve's value and all of it.
 *
 * @param attempt the attempt that has just failed, counted from 1
 * @param random from 0 to 1
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const curve = backoff(attempt, { firstMs: policy.firstDelayMs, lastMs: policy.maxDelayMs });
  return Math.round(curve / 2 + (curve / 2) * random);
}
