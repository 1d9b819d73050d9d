import { Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel';
import { ProviderUnavailable } from './provider-error.ts';

export interface ProviderPolicyOptions {
  /** Calls that fail in a row before the breaker opens. */
  breakerThreshold: number;
  /** How long the open breaker refuses calls before it lets one through to probe. */
  breakerOpenMs: number;
}

/** Runs one call under the policy; throws ProviderUnavailable `circuit_open` without calling while the breaker is open. */
export interface ProviderPolicy {
  run<T>(route: string, call: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Tries after the first one, within one attempt of the message; then the message waits in its lane. */
const RETRIES = 2;
const RETRY_DELAY_MS = 200;
const MAX_RETRY_DELAY_MS = 2_000;

/**
 * Retry around a circuit breaker, one breaker for all routes: they fail together. Only time-outs, broken connections,
 * 429 and 5xx count. An answer, a refusal included, proves that the provider is alive, and a caller that went away proves
 * nothing.
 */
export function createProviderPolicy(options: ProviderPolicyOptions): ProviderPolicy {
  const transient = handleWhen(
    (error) => error instanceof ProviderUnavailable && error.reason !== 'cancelled',
  );
  const breaker = circuitBreaker(transient, {
    breaker: new ConsecutiveBreaker(options.breakerThreshold),
    halfOpenAfter: options.breakerOpenMs,
  });
  const retries = retry(transient, {
    maxAttempts: RETRIES,
    backoff: new ExponentialBackoff({ initialDelay: RETRY_DELAY_MS, maxDelay: MAX_RETRY_DELAY_MS }),
  });
  const logger = new Logger('ProviderPolicy');
  breaker.onBreak(() => {
    logger.warn(`circuit open: no calls to the payment provider for ${String(options.breakerOpenMs)} ms`);
  });
  breaker.onReset(() => {
    logger.log('circuit closed: the payment provider answers again');
  });
  const policy = wrap(retries, breaker);
  return {
    run: (route, call, signal) =>
      policy.execute(call, signal).catch((error: unknown) => {
        throw error instanceof BrokenCircuitError
          ? new ProviderUnavailable(route, 'circuit_open', error)
          : error;
      }),
  };
}
