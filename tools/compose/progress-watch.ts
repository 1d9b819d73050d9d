import type { SystemReader } from '../demo/checks/read-system.ts';

const lookMs = 250;

/** Measures how long the shop stood still: the longest time in which no order of these users came to its end. */
export class ProgressWatch {
  readonly #reader: SystemReader;
  readonly #users: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #final = 0;
  #movedAt = performance.now();
  #longestMs = 0;
  #asking = false;

  constructor(reader: SystemReader, users: readonly string[]) {
    this.#reader = reader;
    this.#users = users;
    this.#timer = setInterval(() => void this.#look(), lookMs);
  }

  get final(): number {
    return this.#final;
  }

  /** Time since an order last came to its end, in seconds. */
  get stillFor(): number {
    return (performance.now() - this.#movedAt) / 1000;
  }

  /** @returns the longest standstill after the first order's end, in seconds */
  stop(): number {
    clearInterval(this.#timer);
    return this.#longestMs / 1000;
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const [row] = await this.#reader.databases.of('order').query<{
        count: number;
      }>(`SELECT count(*) AS count FROM orders WHERE user_id = ANY ($1) AND status IN ('shipped', 'cancelled')`, [this.#users]);
      this.#note(row?.count ?? 0);
    } catch {
      // The database is away: that is a standstill, and the clock goes on.
    } finally {
      this.#asking = false;
    }
  }

  #note(final: number): void {
    if (final === this.#final) return;
    const now = performance.now();
    if (this.#final > 0) this.#longestMs = Math.max(this.#longestMs, now - this.#movedAt);
    this.#final = final;
    this.#movedAt = now;
  }
}
