import { describe, expect, it } from '@jest/globals';
import { cpuMs, cpuOf } from './process-cpu.ts';

describe('the CPU time of a process', () => {
  it('is read behind its name, whatever the name is', () => {
    const rest = 'S 1 1 1 0 -1 4194560 100 0 0 0 250 75 0 0 20 0 1 0 30 1000 10';
    expect(cpuMs(`42 (node) ${rest}`)).toBe(3_250);
    expect(cpuMs(`42 (a) S 9 (b)) ${rest}`)).toBe(3_250);
  });

  it('grows while the process works', async () => {
    const before = await cpuOf(String(process.pid));
    while ((await cpuOf(String(process.pid))) === before);
    expect(await cpuOf(String(process.pid))).toBeGreaterThan(before);
  });
});
