import { readFile, writeFile } from 'node:fs/promises';

/** Peak of the resident memory in MiB from the text of `/proc/PID/status`. NaN where the kernel does not say. */
export function peakMiB(status: string): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? Number.NaN : Number(kibibytes) / 1_024;
}

/** Since the process began, or since `forgetPeak`. */
export async function peakMemory(pid: number): Promise<number> {
  return peakMiB(await readFile(`/proc/${pid}/status`, 'utf8'));
}

/** The peak begins anew at what the process has now; see clear_refs in proc_pid_clear_refs(5). */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
