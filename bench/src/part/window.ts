import type { Done, Run } from './protocol.ts';

export interface Window {
  /** Calls under way at once. */
  readonly width: number;
  /** Things done by one call. Default 1. */
  readonly each?: number;
}

/** Makes calls until the time is over, so many at once; then waits for what is left. */
export async function inWindow(
  { ms = 0 }: Run,
  { width, each = 1 }: Window,
  call: () => Promise<unknown>,
): Promise<Done> {
  const beganAt = performance.now();
  const until = beganAt + ms;
  let calls = 0;
  const place = async (): Promise<void> => {
    while (performance.now() < until) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, place));
  return { count: calls * each, ms: performance.now() - beganAt };
}
