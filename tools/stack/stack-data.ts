import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { StackPaths } from './stack-layout.ts';

const previous = '.previous.log';

/** Only what the stack has made: the folder may be someone's own and hold more. */
export async function wipeData(paths: StackPaths): Promise<void> {
  const { postgres, nats, natsCluster, mail, sandboxState, logs } = paths;
  for (const made of [postgres, nats, natsCluster, mail, sandboxState, logs]) {
    await rm(made, { recursive: true, force: true });
  }
}

/** The logs of the last run stay readable beside those of this one; older ones go, so that they do not grow for ever. */
export async function keepPreviousLogs(paths: StackPaths): Promise<void> {
  await mkdir(paths.logs, { recursive: true });
  const logs = (await readdir(paths.logs)).filter(
    (name) => name.endsWith('.log') && !name.endsWith(previous),
  );
  for (const log of logs) {
    await rename(path.join(paths.logs, log), path.join(paths.logs, log.replace(/\.log$/, previous)));
  }
}
