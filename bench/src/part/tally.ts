import type { Done } from './protocol.ts';

/** Counts what is consumed: the time runs from the first thing that arrives until the last one is done. */
export class Tally {
  readonly #wanted: number;
  readonly #full = Promise.withResolvers<void>();
  #arrivedAt: number | undefined;
  #cpuBefore: NodeJS.CpuUsage | undefined;
  #count = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Something is here: called before it is handled. */
  arrived(): void {
    if (this.#arrivedAt !== undefined) return;
    this.#arrivedAt = performance.now();
    this.#cpuBefore = process.cpuUsage();
  }

  done(count = 1): void {
    this.#count += count;
    if (this.#count >= this.#wanted) this.#full.resolve();
  }

  get full(): boolean {
    return this.#count >= this.#wanted;
  }

  /** When all are done, and `settled`, which waits for the server's side of it, as well. */
  async result(settled: () => Promise<unknown>): Promise<Done> {
    await this.#full.promise;
    await settled();
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    const ms = performance.now() - (this.#arrivedAt ?? 0);
    return { count: this.#count, ms, cpuMs: (user + system) / 1_000 };
  }
}
