/** What tells this process from a later one with the same id. Undefined: no such process. */
export function processIdentity(pid: number): string | undefined;

/** Takes the lock or says who has it. Never waits. The lock is free again when its process is gone. */
export function takeLock(
  file: string,
): { taken: true; release: () => void } | { taken: false; holder: { pid: number; identity: string } };
