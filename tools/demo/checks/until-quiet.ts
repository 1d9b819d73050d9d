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
  /** Told of each look that failed before the deadline. */
  onFailedLook?: (error: unknown) => void;
}

/**
 * Resolves with the system as it is once all that was begun has ended, or at the deadline with what it is then: the
 * checks say what is missing. A look that fails is taken again until the deadline: what was asked while a broker or a
 * database was away may never be answered.
 */
export async function untilQuiet(
  reader: Pick<SystemReader, 'read'>,
  scope: () => Scope,
  { deadlineMs, signal, adjust = (view) => view, onFailedLook }: Patience,
): Promise<SystemView> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const asked = scope();
    const found = await reader.read(asked).catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
      onFailedLook?.(error);
    });
    const view = found && adjust(found);
    if (view !== undefined && (isQuiet(view) || Date.now() > deadline)) return view;
    await delay(lookMs, undefined, signal === undefined ? {} : { signal });
  }
}
