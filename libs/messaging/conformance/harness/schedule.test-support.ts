// eslint-disable-next-line no-restricted-syntax -- a load has a rate, and nothing is waited for
import { setTimeout as delay } from 'node:timers/promises';

/** Begins a round every so many ms, or at once when the one before took longer: a load with a rate, not a wait. */
export async function onSchedule(rounds: number, everyMs: number, round: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  for (let due = startedAt; due < startedAt + rounds * everyMs; due += everyMs) {
    await delay(due - performance.now());
    await round();
  }
}
