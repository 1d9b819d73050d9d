import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Kubectl } from './kubectl.ts';

/**
 * Deletes a pod politely, and resolves with the exit code of its container and how long it took.
 * The code is seen in the moment between the end of the process and that of the pod.
 */
export async function stopPod(kubectl: Kubectl, pod: string): Promise<{ code: string; seconds: number }> {
  const watch = ['get', 'pod', pod, '--watch', '--output', 'json'];
  const child = spawn('kubectl', kubectl.arguments(...watch), { stdio: ['ignore', 'pipe', 'ignore'] });
  let code = 'unknown';
  const watched = new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      resolve(undefined);
      // Of the present state, which comes after that of an earlier end.
      const [, found] = /^ *"exitCode": (\d+)/.exec(line) ?? [];
      if (found !== undefined) code = found;
    });
    child.once('close', () => reject(new Error(`the watch of ${pod} ended before it began`)));
  });
  try {
    await watched;
    const beganAt = performance.now();
    await kubectl.run(['delete', 'pod', pod, '--timeout=120s'], { timeoutMs: 150_000 });
    return { code, seconds: (performance.now() - beganAt) / 1_000 };
  } finally {
    child.kill();
  }
}

interface Stopped {
  app: string;
  /** terminationGracePeriodSeconds */
  grace: number;
}

/** A sentence for each pod that did not end by itself, with 0. One of each app, one after the other. */
export async function badStops(kubectl: Kubectl, apps: readonly Stopped[]): Promise<string[]> {
  const bad: string[] = [];
  for (const { app, grace } of apps) {
    const pod = await kubectl.pod(app);
    const { code, seconds } = await stopPod(kubectl, pod);
    if (code !== '0') bad.push(`${pod} ended with ${code}, not with 0`);
    if (seconds >= grace) bad.push(`${pod} took ${seconds.toFixed(0)} s, and has ${grace}`);
    await kubectl.untilRolledOut();
  }
  return bad;
}
