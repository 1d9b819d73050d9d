import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endLeftovers, killRecorded } from './leftovers.ts';
import { isRunning, recordProcess, writeStackRecord, type PartRecord } from './stack-file.ts';

describe('what a killed supervisor has left', () => {
  let folder: string;
  let file: string;
  let child: ChildProcess;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'leftovers-'));
    file = path.join(folder, 'stack.json');
    child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const record = (...parts: PartRecord[]): void => {
    const supervisor = { pid: 2 ** 22 + 1, identity: 'gone' };
    writeStackRecord(file, {
      state: 'ready',
      supervisor,
      startedAt: '2026-01-01T00:00:00Z',
      parts,
      databases: {},
    });
  };
  const ours = (): PartRecord =>
    recordProcess({ name: 'payment', url: 'http://127.0.0.1:1', pid: child.pid ?? 0 });

  it('is ended, and said', async () => {
    const part = ours();
    record(part);
    const exited = once(child, 'exit');
    expect(await endLeftovers(file)).toEqual(['payment']);
    expect(await exited).toEqual([null, 'SIGTERM']);
    expect(isRunning(part)).toBe(false);
    expect(existsSync(file)).toBe(false);
  });

  it('is spared when it is another process that has got the id', async () => {
    record({ ...ours(), identity: 'an-earlier-boot:1' });
    expect(await endLeftovers(file)).toEqual([]);
    expect(isRunning(ours())).toBe(true);
  });

  it('is killed at once when no patience is left', async () => {
    record(ours());
    const exited = once(child, 'exit');
    killRecorded(file);
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  it('is nothing when there is no record', async () => {
    expect(await endLeftovers(file)).toEqual([]);
    expect(() => killRecorded(file)).not.toThrow();
  });
});
