import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is waited for, for the failure message: 'the order is shipped'. */
  what: string;
  /** Default 10,000. */
  timeoutMs?: number;
}

/**
 * Asks until the probe neither throws nor answers false, null or undefined, and returns its answer. Assertions may
 * stand in the probe. Fails after the time-out, naming what did not happen, with the last error as cause.
 */
export async function eventually<T>(
  probe: () => Promise<T> | T,
  options: EventuallyOptions,
): Promise<Answer<T>> {
  const { what, timeoutMs = 10_000 } = options;
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const { answer, error } = await ask(probe);
    if (error === undefined && isAnswer(answer)) return answer;
    if (Date.now() >= deadline) throw tooLate({ what, timeoutMs, answer, error });
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
  timeoutMs: number;
  answer: unknown;
  error: Error | undefined;
}): Error {
  const last = missed.error?.message ?? `it answered ${String(missed.answer)}`;
  const message = `Not within ${missed.timeoutMs} ms: ${missed.what}. At the last look: ${last}`;
  return new Error(message, { cause: missed.error });
}
