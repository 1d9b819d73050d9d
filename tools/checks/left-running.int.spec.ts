import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { endLeft, leftRunning, runMarker } from './left-running.ts';

describe('processes that a test run leaves', () => {
  it('are found by their environment, and ended', async () => {
    const run = `run-of-${process.pid}`;
    const env = { ...process.env, [runMarker]: run };
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    const left = leftRunning(run);
    expect(left.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(left[0]?.command).toContain('setInterval');
    expect(leftRunning('another-run')).toEqual([]);
    endLeft(left);
    await exited;
    expect(leftRunning(run)).toEqual([]);
  });
});
