const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Ctrl-C reaches this process from the terminal and from what has started it: within this time they are one. */
const sameGestureMs = 500;

/** Aborted by Ctrl-C: what runs is ended, in order. Another Ctrl-C ends this process; its servers and parts end with it. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const signal of signals) {
    process.on(signal, () => {
      if (controller.signal.aborted && Date.now() - firstAt > sameGestureMs) process.exit(130);
      firstAt ||= Date.now();
      controller.abort(new Error(`interrupted by ${signal}`));
    });
  }
  return controller.signal;
}
