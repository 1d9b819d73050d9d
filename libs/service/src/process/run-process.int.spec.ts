import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, typescriptArguments } from '@orderflow/testing';
import { type JsonObject, jsonObject } from '../json.test-support.ts';

const CHILD = new URL('./child.test-support.ts', import.meta.url);

interface Child {
  process: ChildProcess;
  lines: () => JsonObject[];
  /** What a reader of both streams sees. */
  output: () => string;
  exited: Promise<number | string | null>;
}

let children: Child[] = [];

afterEach(() => {
  for (const child of children) child.process.kill('SIGKILL');
  children = [];
});

function start(env: Record<string, string>): Child {
  const child = spawn(process.execPath, typescriptArguments(CHILD), {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const started: Child = {
    process: child,
    output: () => output,
    lines: () =>
      output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map(jsonObject),
    exited: new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal))),
  };
  children.push(started);
  return started;
}

async function urlOf(child: Child): Promise<string> {
  const line = await eventually(() => child.lines().find(({ msg }) => msg === 'running'), {
    what: 'the child runs',
  });
  return String(line['url']);
}

describe('a boot that fails', () => {
  it('names everything that is wrong with the configuration, once, and exits with 1', async () => {
    const child = start({ PORT: 'high', MOOD: 'strange' });
    expect(await child.exited).toBe(1);
    expect(child.lines()).toHaveLength(1);
    expect(child.lines()[0]).toMatchObject({ level: 'fatal', service: 'child', code: 'CONFIG_INVALID' });
    expect(child.output()).toContain('PORT: found \\"high\\"');
    expect(child.output()).toContain('MOOD: found \\"strange\\"');
  });

  it('prints the error and its remedy once and exits with 1', async () => {
    const child = start({ MOOD: 'refuses-to-start' });
    expect(await child.exited).toBe(1);
    const failures = child.lines().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({
      code: 'NOT_TODAY',
      remedy: 'Come back tomorrow.',
      causes: ['Error: the server said no', 'Error: its disk is full'],
    });
    expect(failures[0]?.['msg']).toContain('does not want to start');
  });

  it('says that the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const child = start({ PORT: String(typeof address === 'object' ? address?.port : 0) });
    expect(await child.exited).toBe(1);
    const failures = child.lines().filter(({ level }) => level === 'error' || level === 'fatal');
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatchObject({ code: 'EADDRINUSE', remedy: expect.stringContaining('PORT') });
    holder.close();
  });
});

describe('stopping', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    const child = start({});
    await urlOf(child);
    child.process.kill(signal);
    expect(await child.exited).toBe(0);
  });

  it('answers a running request before it ends', async () => {
    const child = start({});
    const slow = fetch(`${await urlOf(child)}/slow`);
    await eventually(() => child.output().includes('slow request arrived'), { what: 'the request arrived' });
    child.process.kill('SIGTERM');
    expect(await (await slow).text()).toBe('answered');
    expect(await child.exited).toBe(0);
  });

  it.each([
    [
      'body',
      'POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a',
    ],
    ['head', 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-ty'],
  ])('does not wait for a half-sent %s', async (_what, bytes) => {
    const child = start({ DRAIN_DEADLINE_MS: '3000' });
    const { port } = new URL(await urlOf(child));
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes);
    // A whole request behind it on another connection: the half one has arrived by then.
    await fetch(`http://127.0.0.1:${port}/health/live`);
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    socket.destroy();
  });

  it('a second signal ends it at once with 1', async () => {
    const child = start({ MOOD: 'never-stops' });
    const url = await urlOf(child);
    child.process.kill('SIGTERM');
    await eventually(async () => (await fetch(`${url}/health/ready`)).status === 503, { what: 'not ready' });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain('second signal');
  });

  it('a boot that does not end when it is asked to is not waited for: the process ends with 0', async () => {
    const child = start({ MOOD: 'never-starts' });
    await eventually(() => child.output().includes('waiting for ever'), {
      what: 'the boot waits',
    });
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    expect(child.output()).not.toContain('boot failed');
  });

  it('a drain that outlasts its deadline ends it with 1', async () => {
    const child = start({ MOOD: 'never-stops', DRAIN_DEADLINE_MS: '0' });
    await urlOf(child);
    child.process.kill('SIGTERM');
    expect(await child.exited).toBe(1);
    expect(child.output()).toContain('not stopped after 2000 ms');
  });

  it('an unhandled rejection is logged and ends it with 1', async () => {
    const child = start({});
    const url = await urlOf(child);
    // The process may end before it answers, or after.
    await Promise.allSettled([fetch(`${url}/reject`)]);
    expect(await child.exited).toBe(1);
    expect(child.lines().at(-1)).toMatchObject({ level: 'fatal', err: { message: 'nobody caught this' } });
  });
});
