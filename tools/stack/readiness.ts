import { setTimeout as delay } from 'node:timers/promises';

const lookMs = 50;
const answerMs = 2_000;

/** Resolves when the URL answers with 2xx. Rejects only with the signal's reason. */
export async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  while (!(await answersWell(url, signal))) await delay(lookMs, undefined, { signal });
}

async function answersWell(url: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // Not listening yet; whoever waits has the deadline and the log.
  }
}
