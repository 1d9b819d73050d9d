import type { Log } from '../log/log.ts';

/** Refusals come by the thousand when a stream is full. */
const LOGGED_EVERY_MS = 1_000;

/** Remembers the last failure until it is followed by a success, and logs some of them. */
export class FailureLog {
  readonly #log: Log;
  readonly #stream: string;
  #last: string | undefined;
  #loggedAt = -Infinity;

  constructor(stream: string, log: Log) {
    this.#stream = stream;
    this.#log = log;
  }

  get last(): string | undefined {
    return this.#last;
  }

  record(message: string, error: unknown): void {
    this.#last = messageOf(error);
    if (performance.now() - this.#loggedAt < LOGGED_EVERY_MS) return;
    this.#loggedAt = performance.now();
    this.#log.warn({ stream: this.#stream, error: this.#last }, message);
  }

  clear(): void {
    this.#last = undefined;
  }
}

export function messageOf(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}
