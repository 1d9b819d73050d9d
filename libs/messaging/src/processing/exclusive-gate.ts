/** Others have the process for at least this long between two exclusive runs, if they want it, and for no longer than the second one. */
const MIN_TURN_MS = 10;
const MAX_TURN_MS = 10_000;

interface Waiting {
  readonly start: () => void;
}

export interface ExclusiveRun<T> {
  readonly work: () => Promise<T>;
  /** Before those that are not urgent. */
  readonly urgent: boolean;
  /** Aborted: it need not begin any more. */
  readonly signal: AbortSignal;
}

/**
 * Lets messages that may end the process run with nothing beside them. Everything else that runs a handler enters before
 * and leaves after it. Between two exclusive runs the others have a turn as long as the last one took, so that they go
 * on however many exclusive ones there are. When an exclusive run is due nothing else begins, and it begins when what
 * runs has ended.
 */
export class ExclusiveGate {
  readonly #urgent: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  /** Called, once each, when what was refused may be tried again. */
  readonly #refusals = new Set<() => void>();
  #shared = 0;
  #exclusive = false;
  /** Something else wanted to begin during the last exclusive run. */
  #refused = false;
  /** Until then it is the turn of the others (`performance.now()`). */
  #turnUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Returns whether it may begin; then `leave` must follow. Never waits.
   *
   * @param again called once after a refusal, when it may be tried again. The same function, refused twice, is called once
   */
  enter(again: () => void): boolean {
    if (this.#exclusive || this.#isDue()) {
      this.#refused = true;
      this.#refusals.add(again);
      return false;
    }
    this.#shared++;
    return true;
  }

  leave(): void {
    this.#shared--;
    this.#advance();
  }

  /** Runs the work alone, in the order of the calls. Resolves with undefined if it was aborted before it began. */
  async exclusive<T>({ work, urgent, signal }: ExclusiveRun<T>): Promise<T | undefined> {
    if (signal.aborted || !(await this.#turn(urgent, signal))) return undefined;
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#end(performance.now() - startedAt);
    }
  }

  /** Resolves with whether the turn came. */
  async #turn(urgent: boolean, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const queue = urgent ? this.#urgent : this.#waiting;
    const waiting: Waiting = { start: () => resolve(true) };
    const giveUp = (): void => {
      const index = queue.indexOf(waiting);
      if (index === -1) return;
      queue.splice(index, 1);
      resolve(false);
      this.#open();
    };
    queue.push(waiting);
    signal.addEventListener('abort', giveUp);
    this.#advance();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  #end(tookMs: number): void {
    this.#exclusive = false;
    const turnMs = this.#refused ? Math.min(Math.max(tookMs, MIN_TURN_MS), MAX_TURN_MS) : 0;
    this.#refused = false;
    this.#turnUntil = performance.now() + turnMs;
    this.#advance();
    // While the next one runs these are refused, and so have the turn after it.
    this.#open();
  }

  #open(): void {
    const refusals = [...this.#refusals];
    this.#refusals.clear();
    for (const again of refusals) again();
  }

  #isDue(): boolean {
    return this.#urgent.length + this.#waiting.length > 0 && performance.now() >= this.#turnUntil;
  }

  #advance(): void {
    if (this.#exclusive || this.#urgent.length + this.#waiting.length === 0) return;
    if (!this.#isDue()) {
      clearTimeout(this.#timer);
      const restMs = Math.ceil(this.#turnUntil - performance.now());
      this.#timer = setTimeout(() => this.#advance(), restMs).unref();
      return;
    }
    if (this.#shared > 0) return;
    this.#exclusive = true;
    (this.#urgent.shift() ?? this.#waiting.shift())?.start();
  }
}
