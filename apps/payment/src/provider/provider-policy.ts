import { Logger } from '@nestjs/common';
import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  DelegateBackoff,
  handleWhen,
  type IRetryBackoffContext,
  retry,
  type RetryPolicy,
} from 'cockatiel';
import { ProviderUnavailable } from './provider-error.ts';

export interface ProviderPolicyOptions {
  /** Calls that fail in a row before the breaker opens. */
  breakerThreshold: number;
  /** How long the open breaker refuses calls before it lets one through to probe. */
  breakerOpenMs: number;
}

/** One call as the policy sees it. */
export interface PolicedCall<T> {
  route: string;
  idempotencyKey: string;
  make: () => Promise<T>;
}

/** Tries after the first one, within one attempt of the message; then the message waits in its lane. */
const RETRIES = 2;
const RETRY_DELAY_MS = 200;
/** After a 429 that names no time. */
const THROTTLED_MS = 1_000;

/**
 * Retry around a circuit breaker, one breaker for all routes: they fail together. An answer, a refusal included, proves
 * that the provider is alive, and a caller that went away proves nothing. A charge that fails again and again counts
 * once: a card that never answers must not cut off all other payments.
 *
 * @throws ProviderUnavailable `circuit_open` or `throttled` without a call while none may be made
 */
export class ProviderPolicy {
  readonly #logger = new Logger(ProviderPolicy.name);
  readonly #breaker: CircuitBreakerPolicy;
  readonly #retries: RetryPolicy;
  #lastFailed = '';
  /** `performance.now()`: no calls before, as the provider asked. */
  #notBefore = 0;

  constructor({ breakerThreshold, breakerOpenMs }: ProviderPolicyOptions) {
    this.#breaker = circuitBreaker(
      handleWhen((error) => this.#counts(error)),
      { breaker: new ConsecutiveBreaker(breakerThreshold), halfOpenAfter: breakerOpenMs },
    );
    this.#retries = retry(handleWhen(isTransient), {
      maxAttempts: RETRIES,
      backoff: new DelegateBackoff(retryDelayMs),
    });
    this.#breaker.onBreak(() => {
      this.#logger.warn(`circuit open: no calls to the payment provider for ${String(breakerOpenMs)} ms`);
    });
    this.#breaker.onReset(() => {
      this.#logger.log('circuit closed: the payment provider answers again');
    });
  }

  async run<T>(call: PolicedCall<T>, signal: AbortSignal): Promise<T> {
    return await this.#retries.execute(() => this.#once(call, signal), signal);
  }

  async #once<T>({ route, idempotencyKey, make }: PolicedCall<T>, signal: AbortSignal): Promise<T> {
    const call = { route, idempotencyKey };
    if (performance.now() < this.#notBefore) throw new ProviderUnavailable({ ...call, reason: 'throttled' });
    try {
      return await this.#breaker.execute(make, signal);
    } catch (cause) {
      this.#keepAway(cause);
      const failed = cause instanceof ProviderUnavailable && cause.reason !== 'cancelled';
      const open = failed && !cause.concernsEveryPayment && this.#breaker.state !== CircuitState.Closed;
      // The failure that opens the circuit is no longer about one payment.
      if (open || cause instanceof BrokenCircuitError)
        throw new ProviderUnavailable({ ...call, reason: 'circuit_open', cause });
      throw cause;
    }
  }

  #counts(error: unknown): boolean {
    if (!isTransient(error)) return false;
    const { route, idempotencyKey, concernsEveryPayment } = error;
    const repeated = route === '/charges' && !concernsEveryPayment && idempotencyKey === this.#lastFailed;
    this.#lastFailed = idempotencyKey;
    // cockatiel takes an error that does not count for a success while it probes.
    return !repeated || this.#breaker.state !== CircuitState.Closed;
  }

  #keepAway(error: unknown): void {
    if (!(error instanceof ProviderUnavailable)) return;
    if (error.reason !== 'throttled') return;
    const waitMs = error.retryAfterMs ?? THROTTLED_MS;
    this.#notBefore = Math.max(this.#notBefore, performance.now() + waitMs);
  }
}

/** Between half of the doubling curve and all of it, and not before the provider asked for. */
function retryDelayMs({ attempt, result }: IRetryBackoffContext<unknown>): number {
  const error = 'error' in result ? result.error : undefined;
  const askedMs = error instanceof ProviderUnavailable ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, RETRY_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
}

/** Whether calling again soon may help. */
function isTransient(error: unknown): error is ProviderUnavailable {
  if (!(error instanceof ProviderUnavailable)) return false;
  switch (error.reason) {
    case 'unreachable':
    case 'timeout':
    case 'connection':
    case 'status':
      return true;
    case 'access':
    case 'throttled':
    case 'circuit_open':
    case 'cancelled':
      return false;
  }
}
