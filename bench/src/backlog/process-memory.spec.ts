import { describe, expect, it } from '@jest/globals';
import { peakMemory, peakMiB } from './process-memory.ts';

describe('peakMiB', () => {
  it('reads the peak, not what is used now', () => {
    expect(peakMiB('Name:\tnode\nVmPeak:\t 9999 kB\nVmHWM:\t  204800 kB\nVmRSS:\t  1024 kB\n')).toBe(200);
  });

  it('says that it does not know', () => {
    expect(peakMiB('Name:\tkthreadd\n')).toBeNaN();
  });
});

it('knows the peak of a process that runs', async () => {
  expect(await peakMemory(process.pid)).toBeGreaterThan(10);
});
