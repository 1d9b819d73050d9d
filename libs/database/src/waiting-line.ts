import { DatabaseError } from './database-error.ts';

export interface LineLimits {
  /** Callers that wait at most; the next one is refused. */
  readonly maxWaiting: number;
  /** How long one waits at most before it is refused, in ms. */
  readonly maxWaitMs: number;
}

interface Caller {
  readonly reject: (reason: unknown) => void;
}

interface Place<T> {
  readonly caller: T;
  /** `performance.now()` */
  readonly until: number;
}

/** Callers in the order in which they came, each until it is taken or its time is over: those that have gone away must not be served first. */
export class WaitingLine<T extends Caller> {
  readonly #limits: LineLimits;
  readonly #places: Place<T>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: LineLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#places.length;
  }

  /** Rejects the caller with `OVERLOADED` when the line is full. */
  push(caller: T): void {
    const { maxWaiting, maxWaitMs } = this.#limits;
    if (this.#places.length >= maxWaiting) {
      caller.reject(overloaded(`${String(maxWaiting)} callers wait for the database already.`));
      return;
    }
    this.#places.push({ caller, until: performance.now() + maxWaitMs });
    this.#watch();
  }

  take(count: number): T[] {
    const taken = this.#places.splice(0, count).map(({ caller }) => caller);
    if (this.#places.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    return taken;
  }

  /** One timer, for the caller that came first. */
  #watch(): void {
    const [first] = this.#places;
    if (first === undefined || this.#timer !== undefined) return;
    const onTime = (): void => {
      this.#timer = undefined;
      this.#refuseLate();
      this.#watch();
    };
    this.#timer = setTimeout(onTime, first.until - performance.now());
  }

  #refuseLate(): void {
    const now = performance.now();
    const index = this.#places.findIndex(({ until }) => until > now);
    for (const caller of this.take(index === -1 ? this.length : index))
      caller.reject(
        overloaded(`The database did not get to this work in ${String(this.#limits.maxWaitMs)} ms.`),
      );
  }
}

function overloaded(message: string): DatabaseError {
  return new DatabaseError('OVERLOADED', message, {
    remedy: 'Try again later. If it lasts, look for locks that are held long, and for slow statements.',
  });
}
