import { afterEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { type PartHandle, partModule, startPart } from './part-handle.ts';

let part: PartHandle;

afterEach(() => part.kill());

/** Kills it and holds the event loop until all of it is gone: nobody here has heard of it yet. */
function dieUnheard({ pid }: PartHandle): void {
  const isZombie = (): boolean => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The last thread closes what the process had open.
  const threads = (): number => readdirSync(`/proc/${pid}/task`).length;
  process.kill(pid, 'SIGKILL');
  while (!isZombie() || threads() > 1);
}

const start = async (): Promise<PartHandle> =>
  await startPart({ module: partModule('./idle.part.test-support', import.meta.url), options: {} });

describe('a part', () => {
  it('may be stopped at the moment when it ends by itself', async () => {
    part = await start();
    dieUnheard(part);
    await part.stop();
  });

  it('fails what it is asked at the moment when it ends', async () => {
    part = await start();
    dieUnheard(part);
    await expect(part.go({ count: 1 })).rejects.toThrow(/a part failed/);
    await part.stop();
  });
});
