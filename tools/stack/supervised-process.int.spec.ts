import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processIdentity } from '../setup/pid-lock.mjs';
import { startChild, type RunningProcess } from './child-process.ts';
import { SupervisedProcess, type ProcessPlan } from './supervised-process.ts';

/** A real child says that it is ready by connecting here. */
class ReadyDoor {
  readonly #server: Server = createServer((socket) => {
    socket.on('error', () => undefined).destroy();
    this.#arrived?.();
  });
  #arrived: (() => void) | undefined;

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }
  next(): Promise<void> {
    return new Promise((resolve) => (this.#arrived = resolve));
  }
  close(): void {
    this.#server.close();
  }
}

describe('a supervised process', () => {
  let folder: string;
  let door: ReadyDoor;
  let port: number;
  let supervised: SupervisedProcess;
  const lines: string[] = [];
  let listener: (() => void) | undefined;
  const pids = new Set<number>();

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'supervised-'));
    door = new ReadyDoor();
    port = await door.open();
    lines.length = 0;
    pids.clear();
  });
  afterEach(async () => {
    await supervised.stop();
    door.close();
    rmSync(folder, { recursive: true, force: true });
    expect([...pids].filter((pid) => processIdentity(pid) !== undefined)).toEqual([]);
  });

  const said = async (line: RegExp): Promise<void> => {
    while (!lines.some((known) => line.test(known)))
      await new Promise<void>((resolve) => (listener = resolve));
  };
  const report = {
    changed: () => undefined,
    said: (line: string) => {
      lines.push(line);
      listener?.();
    },
  };

  /** @param scripts for the first start, the second ...; the last one for all after it */
  function supervise(...scripts: string[]): SupervisedProcess {
    let starts = 0;
    const plan: ProcessPlan = {
      label: 'child',
      async launch(started: (process: RunningProcess) => void) {
        const ready = door.next();
        const script = scripts[Math.min(starts, scripts.length - 1)] ?? '';
        starts += 1;
        const child = await startChild({
          command: process.execPath,
          args: ['-e', script.replace('PORT', String(port))],
          environment: {},
          cwd: folder,
          logFile: path.join(folder, 'child.log'),
          stopDeadlineMs: 300,
        });
        pids.add(child.pid);
        started(child);
        const gone = await Promise.race([ready.then(() => undefined), child.exited]);
        if (gone !== undefined) throw new Error('ended before it was ready');
      },
    };
    return (supervised = new SupervisedProcess(plan, report));
  }

  const start = () => supervised.start(new AbortController().signal);
  const serve = `setInterval(() => {}, 1000); require('net').connect(PORT, '127.0.0.1')`;
  const crash = `console.log('cannot go on'); process.exit(3)`;
  const deaf = `process.on('SIGTERM', () => {}); ${serve}`;

  it('runs until it is stopped', async () => {
    supervise(serve);
    await start();
    const { pid = 0 } = supervised;
    expect(processIdentity(pid)).toBeDefined();
    await supervised.stop();
    expect(supervised.pid).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('is started again when it dies, and says so', async () => {
    supervise(serve);
    await start();
    const { pid } = supervised;
    supervised.kill('SIGKILL');
    await said(/runs again/);
    expect(supervised.pid).not.toBe(pid);
    expect(lines[0]).toBe('child died (SIGKILL); restarting in 0.2 s');
    expect(lines[1]).toBe(`child runs again (process ${supervised.pid})`);
  });

  it('is tried again, later each time, when it does not start any more', async () => {
    supervise(serve, crash, crash, serve);
    await start();
    supervised.kill('SIGKILL');
    await said(/runs again/);
    expect(lines.slice(0, 3)).toEqual([
      'child died (SIGKILL); restarting in 0.2 s',
      'child did not start again (ended before it was ready); restarting in 0.4 s',
      'child did not start again (ended before it was ready); restarting in 0.8 s',
    ]);
    expect(readFileSync(path.join(folder, 'child.log'), 'utf8')).toBe('cannot go on\ncannot go on\n');
  });

  it('is not tried again when its first start fails', async () => {
    supervise(crash);
    await expect(start()).rejects.toThrow('ended before it was ready');
    await supervised.stop();
    expect(pids.size).toBe(1);
  });

  it('is restarted on request without a word of death', async () => {
    supervise(serve);
    await start();
    const { pid } = supervised;
    await supervised.restart();
    expect(supervised.pid).not.toBe(pid);
    expect(lines).toEqual([`child runs again (process ${supervised.pid})`]);
  });

  it('is killed when it does not end in time', async () => {
    supervise(deaf);
    await start();
    await supervised.stop();
    expect(lines).toEqual(['child did not end in time and was killed']);
  });

  it('stays down when it is stopped while it waits for its restart', async () => {
    supervise(serve, crash);
    await start();
    supervised.kill('SIGKILL');
    await said(/restarting in 0.4 s/);
    await supervised.stop();
    expect(supervised.pid).toBeUndefined();
  });
});
