import { describe, expect, it } from '@jest/globals';
import { lawfulView } from './lawful-view.test-support.ts';
import type { SystemView } from './system-view.ts';
import { untilQuiet } from './until-quiet.ts';

const scope = lawfulView().scope;

/** Looks that end as listed; the last one again and again. */
function looks(...answers: (SystemView | Error)[]): { read: () => Promise<SystemView> } {
  const left = [...answers];
  return {
    read: () => {
      const answer = left.length > 1 ? left.shift() : left[0];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? lawfulView());
    },
  };
}

describe('waiting until a system is quiet', () => {
  it('takes a look that failed again', async () => {
    const failed: unknown[] = [];
    const timeout = new Error('timeout');
    const reader = looks(timeout, lawfulView());
    const patience = { deadlineMs: 60_000, onFailedLook: (error: unknown) => failed.push(error) };
    await expect(untilQuiet(reader, () => scope, patience)).resolves.toEqual(lawfulView());
    expect(failed).toEqual([timeout]);
  });

  it('fails with what the last look failed with, at the deadline', async () => {
    const reader = looks(new Error('no one listens'));
    await expect(untilQuiet(reader, () => scope, { deadlineMs: -1 })).rejects.toThrow('no one listens');
  });

  it('ends at once when it is interrupted', async () => {
    const interrupted = AbortSignal.abort(new Error('Ctrl-C'));
    const patience = { deadlineMs: 60_000, signal: interrupted };
    await expect(untilQuiet(looks(lawfulView()), () => scope, patience)).rejects.toThrow('Ctrl-C');
  });
});
