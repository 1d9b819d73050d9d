import process from 'node:process';

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Ctrl-C reaches this process from the terminal, from npm and from the set-up: all within this time are one. */
export const sameGestureMs = 500;

export interface StopSignals {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly first: AbortSignal;
  off(): void;
}

/** @param second called for a Ctrl-C after the first: no more patience */
export function onStopSignals(
  second: (signal: NodeJS.Signals) => void,
  now: () => number = Date.now,
): StopSignals {
  const first = new AbortController();
  let lastAt = 0;
  const receive = (signal: NodeJS.Signals): void => {
    const another = now() - lastAt > sameGestureMs;
    lastAt = now();
    if (!first.signal.aborted) first.abort(signal);
    else if (another) second(signal);
  };
  for (const signal of signals) process.on(signal, receive);
  return { first: first.signal, off: () => signals.forEach((signal) => process.off(signal, receive)) };
}
