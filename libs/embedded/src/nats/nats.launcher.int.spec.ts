import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { withTakenPort } from '../taken-port.test-support.ts';
import { temporaryFolders } from '../temporary-folder.test-support.ts';
import { startNats, type NatsProcess } from './nats.launcher.ts';

const temporaryFolder = temporaryFolders();

async function monitor(nats: NatsProcess, endpoint: string): Promise<unknown> {
  const response = await fetch(`${nats.monitorUrl}/${endpoint}`);
  return response.json();
}

describe('a nats-server that was started', () => {
  it('has JetStream, comes back on the same ports after a restart and after a kill, and goes at the end', async () => {
    const nats = await startNats({
      directory: await temporaryFolder(),
      serverName: 'one',
      syncInterval: 'always',
    });
    const { url, monitorUrl, pid } = nats;
    await expect(monitor(nats, 'varz')).resolves.toMatchObject({
      server_name: 'one',
      port: nats.port,
      host: '127.0.0.1',
      jetstream: { config: { sync_always: true } },
    });
    await nats.restart();
    expect(nats.pid).not.toBe(pid);
    await nats.kill('SIGKILL');
    await expect(monitor(nats, 'healthz')).rejects.toThrow('fetch failed');
    await nats.restart();
    expect(nats).toMatchObject({ url, monitorUrl });
    await expect(monitor(nats, 'healthz')).resolves.toEqual({ status: 'ok' });
    await nats.stop();
    expect(() => process.kill(nats.pid, 0)).toThrow('ESRCH');
  });

  it('takes more configuration, and removes its folder when told not to keep it', async () => {
    const directory = path.join(await temporaryFolder(), 'nats');
    const nats = await startNats({ directory, config: 'max_payload: 4096', keep: false });
    await expect(monitor(nats, 'varz')).resolves.toMatchObject({ max_payload: 4096 });
    await nats.stop();
    expect(existsSync(directory)).toBe(false);
  });

  it('refuses a port that is given and taken, with the remedy', async () => {
    const directory = await temporaryFolder();
    await withTakenPort(async (port) => {
      await expect(startNats({ directory, port })).rejects.toMatchObject({
        code: 'port_taken',
        message: expect.stringContaining(`Port ${port}`),
        remedy: expect.stringContaining('another port'),
      });
    });
  });

  it('shows the end of the log when it does not start', async () => {
    const directory = await temporaryFolder();
    const start = startNats({ directory, config: 'max_payload: "much"' });
    await expect(start).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringMatching(/nats-server\.conf:\d+/),
    });
    await expect(readFile(path.join(directory, 'nats-server.log'), 'utf8')).resolves.toMatch(
      /nats-server\.conf:\d+/,
    );
  });
});
