import { setTimeout as delay } from 'node:timers/promises';
import { StackError } from './stack-error.ts';
import { isRunning, readStackRecord, removeStackRecord, type PartRecord } from './stack-file.ts';

const politeMs = 15_000;
const lookMs = 50;

/**
 * Ends what a supervisor that was killed by SIGKILL has left running, in reverse order of their start. Only processes
 * that the record names are touched, and only while process id, boot and start time are those of the record, so that
 * a process that has got the id since is safe. To be called with the lock held: nobody else supervises them.
 * @returns the labels of what was ended
 */
export async function endLeftovers(stateFile: string): Promise<string[]> {
  const record = readStackRecord(stateFile);
  const left = (record?.parts ?? []).filter(isRunning).reverse();
  for (const part of left) await endProcess(part);
  removeStackRecord(stateFile);
  return left.map((part) => part.name);
}

/** At once and without a chance to drain, for a second Ctrl-C. Synchronous: it also runs while the process exits. */
export function killRecorded(stateFile: string): void {
  for (const part of (readStackRecord(stateFile)?.parts ?? []).filter(isRunning).reverse())
    signal(part, 'SIGKILL');
  removeStackRecord(stateFile);
}

async function endProcess(part: PartRecord): Promise<void> {
  // SIGTERM would let PostgreSQL wait for its clients; SIGINT ends its sessions and keeps what was committed.
  signal(part, part.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  if (await isGoneWithin(part, politeMs)) return;
  signal(part, 'SIGKILL');
  if (await isGoneWithin(part, politeMs)) return;
  throw new StackError({
    code: 'leftovers',
    message: `${part.name} (process ${part.pid}) is left from an earlier run and does not end.`,
    remedy: `End it by hand (kill -9 ${part.pid}), then start again.`,
  });
}

function signal(part: PartRecord, name: NodeJS.Signals): void {
  try {
    process.kill(part.pid, name);
  } catch (cause) {
    // Gone since the look: what was wanted. Anything else is someone else's process of this stack.
    if (!isRunning(part)) return;
    throw new StackError({
      code: 'leftovers',
      message: `${part.name} (process ${part.pid}) is left from an earlier run and may not be ended by this user.`,
      remedy: `Start as the user who started it, or end it as root (kill ${part.pid}).`,
      cause,
    });
  }
}

async function isGoneWithin(part: PartRecord, deadlineMs: number): Promise<boolean> {
  const end = Date.now() + deadlineMs;
  while (isRunning(part)) {
    if (Date.now() >= end) return false;
    await delay(lookMs);
  }
  return true;
}
