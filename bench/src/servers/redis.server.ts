import { execFileSync } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { findProgram } from './find-program.ts';
import { launchOnPort } from './launch-on-port.ts';
import type { ServerStarter } from './server-kind.ts';

/**
 * The append-only file synced every second is what Redis recommends to those who must not lose data and want its speed;
 * it is nearer to JetStream's default than no persistence at all. BullMQ asks for `noeviction`, the default.
 */
const durable = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];

export const redisServer: ServerStarter = {
  kind: 'redis',
  missing: () =>
    findProgram('redis-server') === undefined ? 'redis-server is not on this machine' : undefined,
  async start(directory) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const command = findProgram('redis-server') ?? 'redis-server';
    const server = await launchOnPort(async (port) => ({
      command,
      args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, ...durable],
      cwd: directory,
      logFile: path.join(directory, 'redis-server.log'),
    }));
    const version = /v=([\d.]+)/.exec(execFileSync(command, ['--version'], { encoding: 'utf8' }))?.[1];
    return {
      version: version ?? 'unknown',
      addresses: async () => ({ redis: `redis://127.0.0.1:${server.port}` }),
      stop: () => server.stop(),
    };
  },
};
