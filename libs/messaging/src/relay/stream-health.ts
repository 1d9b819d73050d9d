import { backoff } from '../timing/backoff.ts';

/**
 * `in doubt`: the stream may lack what it acknowledged; nothing is published before that is known. `healthy`. `paused`:
 * the stream refuses; it is tried with one message from time to time. `behind`: the database is older than the stream.
 */
export type StreamState = 'in doubt' | 'healthy' | 'paused' | 'behind';

/** Whether a stream may be published to. Asks nobody: the relay tells it what it has seen. */
export class StreamHealth {
  #state: StreamState = 'in doubt';
  /** Numbered, so that one that comes up while another is settled is not lost. */
  #lastDoubt = 1;
  #settledDoubt = 0;
  #refusals = 0;
  #pausedUntil = 0;

  get state(): StreamState {
    return this.#state;
  }

  /** What was read before a doubt does not count after it. */
  get lastDoubt(): number {
    return this.#lastDoubt;
  }

  /** No doubt is open. */
  get settled(): boolean {
    return this.#settledDoubt === this.#lastDoubt;
  }

  /** The pause is over: one message may show whether the stream takes any. */
  get mayProbe(): boolean {
    return this.#state === 'paused' && performance.now() >= this.#pausedUntil;
  }

  raiseDoubt(): void {
    this.#lastDoubt++;
    this.interrupt();
  }

  /** Nothing more is published, as before the first doubt is settled. */
  interrupt(): void {
    if (this.#state !== 'behind') this.#state = 'in doubt';
  }

  /** Returns the doubt that is looked into, for `endSettling`, and whether it is the first one. */
  beginSettling(): { doubt: number; isFirst: boolean } {
    this.#state = 'in doubt';
    return { doubt: this.#lastDoubt, isFirst: this.#settledDoubt === 0 };
  }

  endSettling(doubt: number): void {
    this.#settledDoubt = doubt;
  }

  fallBehind(): void {
    this.#state = 'behind';
  }

  /** Returns false when it is paused already: the others that were under way are refused for the same reason. */
  pause(): boolean {
    if (this.#state === 'paused' && !this.mayProbe) return false;
    this.#state = 'paused';
    this.#pausedUntil = performance.now() + backoff(++this.#refusals);
    return true;
  }

  recover(): void {
    this.#state = 'healthy';
    this.#refusals = 0;
  }
}
