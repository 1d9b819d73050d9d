import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes that V8's young collections moved into the old generation while the work ran, or that were allocated there in the meantime. What lives
 * for milliseconds should not be among them: only a full collection, which stops the process for longer, frees it again.
 */
export async function promotedBytes(work: () => void | Promise<void>): Promise<number> {
  const profiler = new GCProfiler();
  profiler.start();
  // What exists already, such as the containers that the work uses, is in the old generation then, as in a process that has run for a while.
  collectAll();
  await work();
  const { statistics } = profiler.stop();
  let bytes = 0;
  let before = Infinity;
  for (const { gcType, afterGC } of statistics) {
    const after = oldBytes(afterGC.heapSpaceStatistics);
    if (gcType === 'Scavenge') bytes += Math.max(0, after - before);
    before = after;
  }
  return bytes;
}

function collectAll(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc(); gc(); gc()');
}

function oldBytes(spaces: readonly { spaceName: string; spaceUsedSize: number }[]): number {
  return spaces.find(({ spaceName }) => spaceName === 'old_space')?.spaceUsedSize ?? 0;
}
