import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { checkDiskSpace } from './disk-space.ts';
import { EmbeddedStack } from './embedded-stack.ts';
import { endLeftovers } from './leftovers.ts';
import { checkGivenPorts } from './ports.ts';
import type { Stack } from './running-stack.ts';
import { refuseOtherNatsNodes } from './nats-data.ts';
import { keepPreviousLogs, wipeData } from './stack-data.ts';
import { StackError } from './stack-error.ts';
import { stackPaths, type StackPaths } from './stack-layout.ts';
import { lockStack } from './stack-lock.ts';
import type { StackOptions } from './stack-options.ts';
import { startParts } from './start-parts.ts';

export type { Stack } from './running-stack.ts';
export { EmbeddedError } from '@orderflow/embedded';
export { StackError, type StackErrorCode } from './stack-error.ts';
export { serviceNames, type PartName, type ServiceName } from './stack-layout.ts';
export type { StackOptions } from './stack-options.ts';
export type { StackPart } from './stack-parts.ts';

/**
 * Starts PostgreSQL, nats-server (one or three), the SMTP sink, the payment sandbox and the services, and resolves when each is
 * ready. If anything fails, or the signal says so, what runs is ended first. Throws `StackError` and `EmbeddedError`.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const paths = stackPaths(path.resolve(options.directory));
  await mkdir(paths.directory, { recursive: true });
  const unlock = await lockAndClear(paths, options);
  const stack = new EmbeddedStack(paths, options, unlock);
  try {
    if (options.fresh === true) await wipeData(paths);
    refuseOtherNatsNodes(paths, options.natsNodes ?? 1);
    await keepPreviousLogs(paths);
    await checkDiskSpace(paths.directory);
    await checkGivenPorts(options.ports ?? {});
    await startParts(stack, paths, options);
    options.signal?.throwIfAborted();
    stack.ready();
    return stack;
  } catch (error) {
    await stack.stop();
    if (options.signal?.aborted !== true) throw error;
    throw interrupted(error);
  }
}

/** @returns what gives the folder back */
async function lockAndClear(paths: StackPaths, { onProgress }: StackOptions): Promise<() => void> {
  const unlock = lockStack(paths);
  try {
    const left = await endLeftovers(paths.state);
    if (left.length > 0) onProgress?.(`ended what an earlier run had left: ${left.join(', ')}`);
    return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
}

function interrupted(cause: unknown): StackError {
  const remedy = 'Start again; what was there before is kept.';
  return new StackError({ code: 'interrupted', message: 'The start was interrupted.', remedy, cause });
}
