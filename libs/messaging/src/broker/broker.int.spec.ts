import { describe, expect, it } from '@jest/globals';
import { eventually, testNats } from '@orderflow/testing';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { BrokerContact } from './broker-contact.ts';
import { connectBroker } from './broker.ts';

describe('a broker that cannot be reached', () => {
  it('is an error after the boot time-out, with what to do', async () => {
    const nats = await testNats();
    await nats.stop();
    const startedAt = performance.now();
    await expect(
      connectBroker({ servers: [nats.url], access: {}, name: 'test', bootTimeoutMs: 700 }),
    ).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
      message: expect.stringContaining('0.7 s'),
      remedy: expect.stringContaining('nats-server'),
      cause: expect.anything(),
    });
    const waited = performance.now() - startedAt;
    expect(waited).toBeGreaterThanOrEqual(650);
    expect(waited).toBeLessThan(3_000);
  });

  it('is waited for when it starts a little later', async () => {
    const nats = await testNats();
    await nats.kill();
    const connecting = connectBroker({
      servers: [nats.url],
      access: {},
      name: 'test',
      bootTimeoutMs: 20_000,
    });
    await nats.restart();
    const { connection } = await connecting;
    expect(connection.isClosed()).toBe(false);
    await connection.close();
    await nats.stop();
  });
});

describe('a connection', () => {
  it('survives a broker that is killed and restarted', async () => {
    const nats = await testNats();
    const { connection } = await connectBroker({
      servers: [nats.url],
      access: {},
      name: 'test',
      bootTimeoutMs: 10_000,
    });
    await nats.kill();
    await nats.restart();
    await eventually(() => connection.request('$JS.API.INFO', '', { timeout: 200 }), {
      what: 'it answers again',
    });
    await connection.close();
    await nats.stop();
  });
});

describe('a broker that asks who we are', () => {
  it('is given user and password, and ends the boot at once, with its words, without them', async () => {
    const nats = await testNats({ config: 'authorization { user: example, password: example-password }' });
    const options = { servers: [nats.url], name: 'test', bootTimeoutMs: 60_000 };
    const startedAt = performance.now();
    await expect(connectBroker({ ...options, access: {} })).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/authorization violation/i),
      remedy: expect.stringContaining('password'),
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const access = { user: 'example', pass: 'example-password' };
    const { connection } = await connectBroker({ ...options, access });
    await connection.close();
    await nats.stop();
  });
});

/** Accepts connections and never says a word, as an address behind a firewall that drops packets. */
async function silentServer(): Promise<{ url: string; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: `nats://127.0.0.1:${String(port)}`, stop };
}

describe('an address that does not answer', () => {
  it('costs seconds, not the 20 s of the client: the next server of the list is tried', async () => {
    const [silent, nats] = [await silentServer(), await testNats()];
    // The order of the list is drawn by lot: of ten connections some begin with the silent one.
    const servers = [silent.url, nats.url];
    const startedAt = performance.now();
    const brokers = await Promise.all(
      Array.from({ length: 10 }, () =>
        connectBroker({ servers, access: {}, name: 'test', bootTimeoutMs: 60_000 }),
      ),
    );
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    for (const { connection } of brokers) await connection.close();
    silent.stop();
    await nats.stop();
  });

  it('is given up at once when the boot is stopped', async () => {
    const silent = await silentServer();
    const abort = new AbortController();
    const connecting = connectBroker({
      servers: [silent.url],
      access: {},
      name: 'test',
      bootTimeoutMs: 60_000,
      signal: abort.signal,
    });
    abort.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'BOOT_ABORTED' });
    silent.stop();
  });
});

describe('a broker that is frozen', () => {
  it('is noticed as silent within seconds, and as back when it goes on', async () => {
    const nats = await testNats();
    const { connection } = await connectBroker({
      servers: [nats.url],
      access: {},
      name: 'test',
      bootTimeoutMs: 10_000,
    });
    const contact = new BrokerContact(connection);
    contact.start();
    process.kill(nats.pid, 'SIGSTOP');
    await eventually(() => contact.silenceMs > 5_000, { what: 'it is silent' });
    process.kill(nats.pid, 'SIGCONT');
    await eventually(() => contact.silenceMs < 2_000, { what: 'it answers' });
    contact.stop();
    await connection.close();
    await nats.stop();
  });
});
