import { readdirSync, readFileSync } from 'node:fs';

/** In the environment of everything that a test run starts, and of everything that those start. */
export const runMarker = 'ORDERFLOW_TEST_RUN';

export interface LeftProcess {
  pid: number;
  command: string;
}

/** Processes of this test run that are still there. Where there is no /proc none is found. */
export function leftRunning(run: string): LeftProcess[] {
  const marked = `${runMarker}=${run}`;
  return processIds().flatMap((pid) => {
    if (pid === process.pid || !read(pid, 'environ').split('\0').includes(marked)) return [];
    return [{ pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() }];
  });
}

/** The next suite shall not meet them. */
export function endLeft(left: readonly LeftProcess[]): void {
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It has ended since the look.
      if (!(Error.isError(error) && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return []; // Another system than Linux.
  }
}

function read(pid: number, name: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return ''; // It has ended since, or belongs to someone else: then it is not ours.
  }
}
