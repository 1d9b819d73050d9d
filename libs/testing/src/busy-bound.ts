const SAMPLE_MS = 50;

/**
 * The time that a busy machine may take for something that takes at most `idleMs` on an idle one, for tests of a
 * duration or with a short lease. A whole number. It grows with the share of a processor that this process gets at the moment, and three times as fast:
 * a chain of processes waits for a processor at each of its links.
 */
export function busyBound(idleMs: number): number {
  return Math.ceil(idleMs * (1 + 3 * (slowdown() - 1)));
}

/** Time that passes per time of a processor: 1 on an idle machine, 2 when this thread gets half of a processor. */
export function slowdown(): number {
  const startedAt = performance.now();
  const before = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    const usedMs = (user + system) / 1_000;
    if (usedMs >= SAMPLE_MS) return Math.max(1, (performance.now() - startedAt) / usedMs);
  }
}
