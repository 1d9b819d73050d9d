import { spawnSync } from 'node:child_process';

let works: boolean | undefined;

/**
 * Whether util-linux `setpriv` is here with what is needed of it (2.33 or newer; the one of busybox is not enough).
 * Without it a launcher still works, but its server outlives a launcher that is killed by SIGKILL.
 */
export function hasSetpriv(): boolean {
  works ??= spawnSync('setpriv', ['--pdeathsig', 'clear', 'true'], { stdio: 'ignore' }).status === 0;
  return works;
}
