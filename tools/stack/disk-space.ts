import { statfs } from 'node:fs/promises';
import { StackError } from './stack-error.ts';

const neededBytes = 500 * 1024 * 1024;

/** PostgreSQL and JetStream fail in odd ways on a full disk: refuse before. */
export async function checkDiskSpace(directory: string, minimumBytes = neededBytes): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  if (freeBytes >= minimumBytes) return;
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;
  throw new StackError({
    code: 'no_space',
    message: `Only ${megabytes(freeBytes)} are free for ${directory}; the stack needs ${megabytes(minimumBytes)}.`,
    remedy: 'Free some space, wipe old data with --fresh, or give a --directory on another disk.',
  });
}
