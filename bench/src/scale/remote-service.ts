import { setTimeout as delay } from 'node:timers/promises';

/** Stands for a service elsewhere: each call takes so long, on one of so many connections; further calls wait for one. */
export class RemoteService {
  readonly #callMs: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(options: { readonly callMs: number; readonly connections: number }) {
    this.#callMs = options.callMs;
    this.#free = options.connections;
  }

  async call(): Promise<void> {
    await this.#connection();
    await delay(this.#callMs);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  async #connection(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
