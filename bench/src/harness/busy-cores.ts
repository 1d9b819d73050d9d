import { cpus } from 'node:os';

interface CoreTimes {
  readonly busyMs: number;
  readonly at: number;
}

function coreTimes(): CoreTimes {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { busyMs, at: performance.now() };
}

/** How many cores of the machine, on average, anybody was using from this call until that of the function it returns. */
export function busyCores(): () => number {
  const before = coreTimes();
  return () => {
    const after = coreTimes();
    return (after.busyMs - before.busyMs) / (after.at - before.at);
  };
}
