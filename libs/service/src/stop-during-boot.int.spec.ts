import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  eventually,
  freshDatabase,
  type TemporaryDirectory,
  temporaryDirectory,
  typescriptArguments,
} from '@orderflow/testing';

const PROCESS = new URL('./tally-process.test-support.ts', import.meta.url);

let folder: TemporaryDirectory;
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
/** Where NATS should be: accepts connections and does not say a word. */
let silent: Server;
let connections = 0;
let child: ChildProcess | undefined;
let output = '';

beforeEach(async () => {
  [folder, fresh] = [await temporaryDirectory('tally'), await freshDatabase('tally')];
  [connections, output] = [0, ''];
  silent = createServer(() => (connections += 1)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});

afterEach(async () => {
  child?.kill('SIGKILL');
  silent.close();
  await fresh.drop();
  await folder.remove();
});

function start(natsServers: string): Promise<number | string | null> {
  const env = {
    PATH: process.env['PATH'],
    PORT: '0',
    DATABASE_URL: fresh.url,
    NATS_SERVERS: natsServers,
    BOOT_TIMEOUT_MS: '600000',
  };
  const args = [...typescriptArguments(PROCESS), folder.path];
  const started = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (chunk) => (output += String(chunk)));
  child = started;
  return new Promise((resolve) => started.once('close', (code, signal) => resolve(code ?? signal)));
}

describe('SIGTERM while the boot waits for NATS', () => {
  it('ends the process with 0', async () => {
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const ended = start(`nats://127.0.0.1:${String(port)}`);
    await eventually(() => connections > 0, { what: 'the boot waits for NATS' });
    child?.kill('SIGTERM');
    expect({ code: await ended, output }).toEqual({ code: 0, output: expect.stringContaining('stopped') });
    expect(output).not.toContain('boot failed');
  });
});
