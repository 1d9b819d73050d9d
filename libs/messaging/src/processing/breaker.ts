import { backoff } from '../timing/backoff.ts';
import type { Outcome } from './settlement.ts';

/**
 * Thrown by an external handler when what it calls is down, whatever the message: no attempt is used up, and the
 * handlers that name the same dependency pause until a probe gets through. Thrown by a handler of another kind, which
 * should call nothing that can be down, it is an ordinary failure of its message: counted, and retried by its curve.
 */
export class DependencyDown extends Error {
  override readonly name = 'DependencyDown';
  readonly dependency: string;

  constructor(dependency: string, options?: { cause?: unknown }) {
    super(`${dependency} is down.`, options);
    this.dependency = dependency;
  }
}

const PAUSES = { firstMs: 500, lastMs: 15_000 };
/** While the probe is under way. */
const PROBING_PAUSE_MS = 200;

/** Whether a call may be made now. */
export interface Admission {
  /** How long the message has to wait, in ms; 0 when it may be handled. */
  readonly waitMs: number;
  /** The one call that finds out whether the dependency is back. */
  readonly isProbe: boolean;
}

/** The circuit breaker of one dependency. Each `admit` that lets a call through is followed by one `leave`. */
export class Breaker {
  #failures = 0;
  #probing = false;
  /** `performance.now()` */
  #probeAt = 0;

  get open(): boolean {
    return this.#failures > 0;
  }

  /** Open, and not to be probed yet. */
  get rests(): boolean {
    return this.open && (this.#probing || this.#probeAt > performance.now());
  }

  admit(): Admission {
    if (!this.open) return { waitMs: 0, isProbe: false };
    if (this.#probing) return { waitMs: PROBING_PAUSE_MS, isProbe: false };
    const waitMs = this.#probeAt - performance.now();
    if (waitMs > 0) return { waitMs, isProbe: false };
    this.#probing = true;
    return { waitMs: 0, isProbe: true };
  }

  /** The dependency is down. Calls that were under way when the first one failed change nothing. Returns how long to wait, in ms. */
  trip({ isProbe }: Admission): number {
    if (isProbe || !this.open) {
      this.#failures++;
      this.#probeAt = performance.now() + backoff(this.#failures, PAUSES);
    }
    return Math.max(this.#probeAt - performance.now(), PROBING_PAUSE_MS);
  }

  /** A call got through. */
  reset(): void {
    this.#failures = 0;
  }

  /** The call has ended, however. */
  leave({ isProbe }: Admission): void {
    if (isProbe) this.#probing = false;
  }
}

/** One circuit breaker for each dependency that external handlers name. */
export class Breakers {
  readonly #byName = new Map<string, Breaker>();

  /** Dependencies that are taken for down. */
  get down(): string[] {
    return [...this.#byName]
      .filter(([, breaker]) => breaker.open)
      .map(([name]) => name)
      .sort();
  }

  /** How many calls of a dependency may be tried now: none while it rests, one to find out whether it is back. */
  callsOf(dependency: string): number {
    const breaker = this.#byName.get(dependency);
    if (breaker === undefined || !breaker.open) return Infinity;
    return breaker.rests ? 0 : 1;
  }

  /**
   * Calls a dependency if it may be called now. A message waits when it may not, or when the call ends with `DependencyDown`.
   *
   * @param call resets the breaker when it got through
   */
  async guard(dependency: string, call: (breaker: Breaker) => Promise<Outcome>): Promise<Outcome> {
    const breaker = this.of(dependency);
    const admission = breaker.admit();
    if (admission.waitMs > 0) return { state: 'waiting', forMs: admission.waitMs, dependency };
    try {
      return await call(breaker);
    } catch (error) {
      if (!(error instanceof DependencyDown)) throw error;
      // By the name that the subscription has for it: messages that wait are looked for by that.
      return { state: 'waiting', forMs: breaker.trip(admission), dependency };
    } finally {
      breaker.leave(admission);
    }
  }

  /** The breaker of a dependency; a handler that names none has one of its own for each call. */
  of(dependency: string): Breaker {
    if (dependency === '') return new Breaker();
    const breaker = this.#byName.get(dependency) ?? new Breaker();
    this.#byName.set(dependency, breaker);
    return breaker;
  }
}
