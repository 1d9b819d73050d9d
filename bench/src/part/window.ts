import type { Done, Run } from './protocol.ts';

/**
 * Does one thing after the other with so many under way at once, until the time is over; then waits for what is left.
 * `doOne` resolves to how many things that was.
 */
export async function inWindow({ ms = 0 }: Run, width: number, doOne: () => Promise<number>): Promise<Done> {
  const beganAt = performance.now();
  const until = beganAt + ms;
  let count = 0;
  const place = async (): Promise<void> => {
    while (performance.now() < until) {
      // Not `count += await`: that reads the count before it waits.
      const done = await doOne();
      count += done;
    }
  };
  await Promise.all(Array.from({ length: width }, place));
  return { count, ms: performance.now() - beganAt };
}
