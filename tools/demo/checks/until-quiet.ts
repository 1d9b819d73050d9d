import { setTimeout as delay } from 'node:timers/promises';
import { isQuiet } from './all-checks.ts';
import type { SystemReader } from './read-system.ts';
import type { Scope, SystemView } from './system-view.ts';

const lookMs = 250;

/** What to wait for, and how long. */
export interface Patience {
  deadlineMs: number;
  signal?: AbortSignal;
  /** Leaves out of the view what is known not to end; the view that is resolved lacks it too. */
  adjust?: (view: SystemView) => SystemView;
}

/**
 * Resolves with the system as it is once all that was begun has ended, or at the deadline with what it is then: the
 * checks say what is missing.
 */
export async function untilQuiet(
  reader: SystemReader,
  scope: () => Scope,
  { deadlineMs, signal, adjust = (view) => view }: Patience,
): Promise<SystemView> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const view = adjust(await reader.read(scope()));
    if (isQuiet(view) || Date.now() > deadline) return view;
    await delay(lookMs, undefined, signal === undefined ? {} : { signal });
  }
}
