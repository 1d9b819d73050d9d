import { within } from '../timing/within.ts';

/**
 * Asks one question at a time, however many probes want the answer, and keeps the answer for a moment. A question that
 * hangs is not asked again: each would take one more connection of the pool.
 */
export class SharedAnswer<T> {
  readonly #ask: () => Promise<T>;
  readonly #keepMs: number;
  #pending: Promise<T> | undefined;
  #answer: { value: T; at: number } | undefined;

  constructor(ask: () => Promise<T>, keepMs: number) {
    this.#ask = ask;
    this.#keepMs = keepMs;
  }

  /** @throws what the question threw, or an Error after the time-out; the question goes on meanwhile */
  async within(timeoutMs: number): Promise<T> {
    const known = this.#answer;
    if (known !== undefined && performance.now() - known.at < this.#keepMs) return known.value;
    this.#pending ??= this.#askOnce();
    const answer = this.#pending;
    if (!(await within(timeoutMs, answer))) throw new Error('timed out');
    return await answer;
  }

  async #askOnce(): Promise<T> {
    try {
      const value = await this.#ask();
      this.#answer = { value, at: performance.now() };
      return value;
    } finally {
      this.#pending = undefined;
    }
  }
}
