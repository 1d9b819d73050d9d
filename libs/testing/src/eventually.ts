import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE_MS } from './patience.ts';

export interface EventuallyOptions {
  /** What is waited for, for the failure message: 'the order is shipped'. */
  what: string;
  /** For what takes longer than a minute on an idle machine. A shorter time counts as `PATIENCE_MS`. */
  timeoutMs?: number;
}

/**
 * Asks until the probe neither throws nor answers false, null or undefined, and returns its answer. Assertions may
 * stand in the probe. Fails after the time-out, naming what did not happen, with the last error as cause.
 */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  { what, timeoutMs = PATIENCE_MS }: EventuallyOptions,
): Promise<Answer<T>> {
  return await within(Math.max(timeoutMs, PATIENCE_MS), what, probe);
}

/** `eventually` with a patience of any length. */
export async function within<T>(
  patienceMs: number,
  what: string,
  probe: () => Promise<T> | T,
): Promise<Answer<T>> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const { answer, error } = await ask(probe);
    if (error === undefined && isAnswer(answer)) return answer;
    if (performance.now() >= deadline) throw tooLate({ what, patienceMs, answer, error });
    await delay(pauseMs);
  }
}

type Answer<T> = Exclude<T, false | null | undefined>;

function isAnswer<T>(value: T | undefined): value is Answer<T> {
  return value !== false && value !== null && value !== undefined;
}

async function ask<T>(probe: () => Promise<T> | T): Promise<{ answer?: T; error?: Error }> {
  try {
    return { answer: await probe() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function tooLate(missed: {
  what: string;
  patienceMs: number;
  answer: unknown;
  error: Error | undefined;
}): Error {
  const last = missed.error?.message ?? `it answered ${String(missed.answer)}`;
  const message = `Not within ${missed.patienceMs} ms: ${missed.what}. At the last look: ${last}`;
  return new Error(message, { cause: missed.error });
}
