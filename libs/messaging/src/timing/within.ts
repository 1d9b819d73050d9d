import { setTimeout as delay } from 'node:timers/promises';
import { MessagingError } from '../errors/messaging-error.ts';

/**
 * Waits, unless the boot is aborted.
 *
 * @throws MessagingError `BOOT_ABORTED`
 */
export async function pause(forMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(forMs, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new MessagingError('BOOT_ABORTED', 'The boot was stopped while it waited.', {
      remedy: 'Nothing to do: the process was asked to stop.',
      cause,
    });
  }
}

/** True when the work ended in time, well or badly; false when it is still under way. */
export async function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}
