import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processIdentity, takeLock } from './pid-lock.mjs';

describe('a lock that belongs to a process', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'pid-lock-'));
    file = path.join(folder, 'deep', 'x.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const take = () => {
    const attempt = takeLock(file);
    if (!attempt.taken) throw new Error(`held by ${attempt.holder.pid}`);
    return attempt;
  };

  it('is taken once, and again after its release', () => {
    const lock = take();
    expect(takeLock(file)).toMatchObject({ taken: false, holder: { pid: process.pid } });
    lock.release();
    expect(existsSync(file)).toBe(false);
    take().release();
  });

  it.each([
    ['is gone', { pid: 2 ** 22 + 1, identity: 'boot:1' }],
    ['has given its id to another', { pid: process.pid, identity: 'boot:1' }],
  ])('is free when its process %s', (_, holder) => {
    take().release();
    writeFileSync(file, JSON.stringify(holder));
    take().release();
  });

  it('is free when nobody can be read from it', () => {
    take().release();
    writeFileSync(file, '{ "pid": ');
    take().release();
  });

  it('is not released by who has lost it', () => {
    const lock = take();
    rmSync(file);
    const other = JSON.stringify({ pid: process.ppid, identity: processIdentity(process.ppid) });
    writeFileSync(file, other);
    lock.release();
    expect(existsSync(file)).toBe(true);
  });

  it('leaves no other file behind', () => {
    const lock = take();
    takeLock(file);
    lock.release();
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });

  it('knows a running process from none', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
    expect(processIdentity(process.pid)).not.toBe(processIdentity(process.ppid));
    expect(processIdentity(2 ** 22 + 1)).toBeUndefined();
  });
});
