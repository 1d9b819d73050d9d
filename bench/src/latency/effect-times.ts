import type { Done } from '../part/protocol.ts';
import { type Due, monotonicMs } from './send-schedule.ts';

/** How long after it was due each effect was committed, by the number of its message. */
export class EffectTimes {
  #first = 0;
  #latencies = new Float64Array(0);
  #count = 0;
  #reached: () => void = () => undefined;

  /** Called when the word about COMMIT is here. */
  committed({ n, dueAt }: Due): void {
    this.#latencies[n - this.#first] = monotonicMs() - dueAt;
    if (++this.#count === this.#latencies.length) this.#reached();
  }

  /** Resolves when the next so many are committed. */
  async next(count: number): Promise<Done> {
    const beganAt = performance.now();
    this.#first += this.#latencies.length;
    this.#latencies = new Float64Array(count);
    this.#count = 0;
    await new Promise<void>((resolve) => (this.#reached = resolve));
    return { count, ms: performance.now() - beganAt, latencies: this.#latencies };
  }

  /** So many effects there must be. */
  get total(): number {
    return this.#first + this.#latencies.length;
  }
}
