import { it } from '@jest/globals';

/** True in `npm run conformance`: all rounds. In `npm test` a few of them have to do. */
export const full = process.env['CONFORMANCE'] === 'full';

/** For what takes long and shows no other mechanism than its neighbours do: only in the full suite. */
export function inFull(name: string, test: () => Promise<void>): void {
  (full ? it : it.skip)(name, test);
}

/** How often something is repeated, or how much of it there is. */
export function rounds(quick: number, all: number): number {
  return full ? all : quick;
}
