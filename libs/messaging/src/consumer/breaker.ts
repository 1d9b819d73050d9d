/**
 * Thrown by an external handler when what it calls is down, whatever the message: no attempt is used up, and the
 * handlers that name the same dependency pause until a probe gets through.
 */
export class DependencyDown extends Error {
  override readonly name = 'DependencyDown';
  readonly dependency: string;

  constructor(dependency: string, options?: { cause?: unknown }) {
    super(`${dependency} is down.`, options);
    this.dependency = dependency;
  }
}

interface Open {
  failures: number;
  /** `performance.now()` */
  probeAt: number;
}

const FIRST_PAUSE_MS = 500;
const LAST_PAUSE_MS = 15_000;

/** One circuit breaker for each dependency that external handlers name. */
export class Breakers {
  readonly #open = new Map<string, Open>();

  /** Dependencies that are taken for down. */
  get down(): string[] {
    return [...this.#open.keys()].sort();
  }

  /**
   * How long a message has to wait, in ms; 0 when it may be handled. While a dependency is down one message at a time
   * gets 0: the probe.
   */
  admit(dependency: string | undefined): number {
    const open = dependency === undefined ? undefined : this.#open.get(dependency);
    if (open === undefined) return 0;
    const wait = open.probeAt - performance.now();
    if (wait > 0) return wait;
    open.failures++;
    open.probeAt = performance.now() + pauseMs(open.failures);
    return 0;
  }

  /** Takes the dependency for down. Returns how long to wait before the next try, in ms. */
  trip(dependency: string): number {
    const now = performance.now();
    const open = this.#open.get(dependency);
    // The probe, or one of the calls that were under way when the first one failed.
    if (open !== undefined) return Math.max(open.probeAt - now, 1);
    this.#open.set(dependency, { failures: 1, probeAt: now + FIRST_PAUSE_MS });
    return FIRST_PAUSE_MS;
  }

  /** A call got through. */
  reset(dependency: string | undefined): void {
    if (dependency !== undefined) this.#open.delete(dependency);
  }
}

function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LAST_PAUSE_MS);
}
