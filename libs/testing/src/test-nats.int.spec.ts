import { describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { testNats } from './test-nats.ts';

async function withConnection<T>(url: string, work: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

describe('testNats', () => {
  it('gives each caller a server of its own and leaves no files behind', async () => {
    const [one, other] = await Promise.all([testNats(), testNats()]);
    expect(one.port).not.toBe(other.port);
    const folders = [one, other].map((server) => path.dirname(server.logFile));
    await Promise.all([one.stop(), other.stop()]);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false]);
  });

  it('keeps its streams over a restart and over a kill', async () => {
    const nats = await testNats();
    await withConnection(nats.url, async (connection) => {
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ name: 'KEPT', subjects: ['kept.>'] });
      await jetstream(connection).publish('kept.first', 'x');
    });
    const stored = (): Promise<number> =>
      withConnection(nats.url, async (connection) => {
        const { state } = await (await jetstreamManager(connection)).streams.info('KEPT');
        return state.messages;
      });
    await nats.restart();
    await expect(stored()).resolves.toBe(1);
    await nats.kill('SIGKILL');
    await nats.restart();
    await expect(stored()).resolves.toBe(1);
    await nats.stop();
  });
});
