import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeLock } from '../setup/pid-lock.mjs';
import { checkDiskSpace } from './disk-space.ts';
import { checkGivenPorts } from './ports.ts';
import { isRunning, recordProcess, writeStackRecord, type PartRecord } from './stack-file.ts';
import { startStack } from './stack.ts';

describe('a start that cannot succeed', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'stack-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('ends half-way and leaves no process behind', async () => {
    const lines: string[] = [];
    const seen = new Map<number, PartRecord>();
    const onProgress = (line: string): void => {
      lines.push(line);
      for (const part of partsIn(directory)) seen.set(part.pid, part);
    };
    const environment = { 'payment-sandbox': { PORT: 'not-a-port' } };
    const failed = expect(startStack({ directory, onProgress, environment })).rejects;
    await failed.toMatchObject({ name: 'StackError', code: 'did_not_become_ready' });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['postgres', 'nats', 'smtp']);
    expect([...seen.values()].map(({ name }) => name)).toEqual(
      expect.arrayContaining(['postgres', 'nats', 'smtp']),
    );
    expect([...seen.values()].filter(isRunning)).toEqual([]);
    expect(existsSync(path.join(directory, 'stack.json'))).toBe(false);
    expect(existsSync(path.join(directory, 'stack.lock'))).toBe(false);
  });

  it('ends when it is interrupted, and says so', async () => {
    const interrupt = new AbortController();
    const onProgress = (line: string): void => {
      if (line.startsWith('postgres')) interrupt.abort('SIGINT');
    };
    const start = startStack({ directory, onProgress, signal: interrupt.signal });
    await expect(start).rejects.toMatchObject({ code: 'interrupted' });
    expect(partsIn(directory)).toEqual([]);
    expect(existsSync(path.join(directory, 'stack.lock'))).toBe(false);
  });

  it('says where a running stack is', async () => {
    const lock = takeLock(path.join(directory, 'stack.lock'));
    const own = recordProcess({ name: 'order', url: 'http://127.0.0.1:3001', pid: process.pid });
    const record = { supervisor: own, startedAt: '', parts: [own], databases: {} };
    writeStackRecord(path.join(directory, 'stack.json'), { state: 'ready', ...record });
    const start = startStack({ directory });
    await expect(start).rejects.toThrow(
      /already runs in .*\(process \d+\)[^]*order {2}http:\/\/127.0.0.1:3001/,
    );
    await expect(startStack({ directory })).rejects.toMatchObject({ code: 'already_running' });
    expect(lock.taken).toBe(true);
  });

  it('names the port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const start = startStack({ directory, ports: { order: port } });
    await expect(start).rejects.toThrow(`port ${port}, given to order, is taken`);
    server.close();
  });

  it.each([
    ['nats', 3, 'those of one nats-server', '--nats-nodes 1'],
    ['nats-cluster', 1, 'those of a cluster of three', '--nats-nodes 3'],
  ] as const)('refuses to leave the streams in %s behind', async (folder, natsNodes, what, remedy) => {
    const kept = path.join(directory, folder, 'store');
    mkdirSync(kept, { recursive: true });
    const start = startStack({ directory, natsNodes });
    await expect(start).rejects.toMatchObject({
      code: 'other_nats_nodes',
      message: expect.stringContaining(what),
      remedy: expect.stringContaining(remedy),
    });
    expect(existsSync(kept)).toBe(true);
  });

  it('names a port that is given twice', async () => {
    await expect(checkGivenPorts({ order: 1, payment: 1 })).rejects.toThrow('port 1 is given twice');
  });

  it('says how much space is missing', async () => {
    await expect(checkDiskSpace(directory, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'no_space',
    });
    await expect(checkDiskSpace(directory, 1)).resolves.toBeUndefined();
  });

  it('refuses a record that it cannot read, which may name processes that run', async () => {
    writeFileSync(path.join(directory, 'stack.json'), '{ "parts": 1 }');
    await expect(startStack({ directory })).rejects.toMatchObject({ code: 'unreadable_record' });
    expect(existsSync(path.join(directory, 'stack.lock'))).toBe(false);
  });
});

function partsIn(directory: string): PartRecord[] {
  const file = path.join(directory, 'stack.json');
  if (!existsSync(file)) return [];
  const { parts } = JSON.parse(readFileSync(file, 'utf8')) as { parts: PartRecord[] };
  return parts;
}
