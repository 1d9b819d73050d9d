import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is yes. False when the time is over or `giveUp` says that it cannot become true any more. */
export async function waitUntil(
  condition: () => Promise<boolean> | boolean,
  options: { timeoutMs: number; giveUp: () => boolean },
): Promise<boolean> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (options.giveUp() || Date.now() >= deadline) return false;
    await delay(20);
  }
}

/** The last lines of a log, for an error message. */
export function tail(log: string, lines = 15): string {
  return log.trimEnd().split('\n').slice(-lines).join('\n');
}
