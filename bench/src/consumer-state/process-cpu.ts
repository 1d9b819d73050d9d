import { readFile } from 'node:fs/promises';

/** Linux counts CPU time in ticks of this length, whatever the kernel's own clock (USER_HZ in time(7)). */
const TICK_MS = 10;
/** Fields of proc_pid_stat(5) behind the name in brackets, counted from 0. */
const [UTIME, STIME] = [11, 12];

/** CPU time of a process in milliseconds from the text of `/proc/PID/stat`; its name may have blanks and brackets. */
export function cpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) * TICK_MS;
}

export async function cpuOf(pid: string): Promise<number> {
  return cpuMs(await readFile(`/proc/${pid}/stat`, 'utf8'));
}
