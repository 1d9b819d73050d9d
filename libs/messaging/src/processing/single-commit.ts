import { misused } from '../routing/delivery.ts';
import type { Transact } from '../routing/effect-scope.ts';
import { thrownBy } from './handler-failed.ts';
import type { Route } from '../routing/router.ts';
import { HandlerAbandoned } from './settlement.ts';

/** Lets one transaction of an attempt through, and none after the attempt has ended. */
export class SingleCommit {
  readonly #commit: Transact;
  readonly #signal: AbortSignal;
  #state: 'open' | 'begun' | 'closed' = 'open';
  #running: Promise<boolean> = Promise.resolve(false);

  constructor(commit: Transact, signal: AbortSignal) {
    this.#commit = commit;
    this.#signal = signal;
  }

  readonly transact: Transact = async (work, entry) => {
    if (this.#state === 'begun')
      throw misused('transact() was called twice.', 'Do all of the work in one call.');
    if (this.#state === 'closed' || this.#signal.aborted) {
      throw misused(
        "transact() was called after the attempt's deadline, or after the handler returned.",
        'Check delivery.signal before calling it, and await it.',
      );
    }
    this.#state = 'begun';
    const running = this.#commit(work, entry);
    this.#running = running.then(() => true);
    // Reported by close(), also when the handler swallows it.
    this.#running.catch(() => undefined);
    try {
      return await running;
    } catch (error) {
      throw thrownBy(error);
    }
  };

  /** Ends the attempt. Waits for a transaction that has begun: true when it committed, rejects when it failed, false when there was none. */
  async close(): Promise<boolean> {
    this.#state = 'closed';
    return await this.#running;
  }
}

/** A handler that ignores its signal must not hold up its key for ever. */
export async function untilAborted(
  work: Promise<void>,
  limits: { signal: AbortSignal; stop: AbortSignal; route: Route },
): Promise<void> {
  const { signal, stop, route } = limits;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      const late = new Error(`${route.handler} did not end in ${String(route.timeoutMs)} ms.`);
      reject(stop.aborted ? new HandlerAbandoned() : late);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
