import { describe, expect, it } from '@jest/globals';
import { eventually, testNats } from '@orderflow/testing';
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
  it('is given user and password, and refuses without', async () => {
    const nats = await testNats({ config: 'authorization { user: example, password: example-password }' });
    const options = { servers: [nats.url], name: 'test', bootTimeoutMs: 700 };
    await expect(connectBroker({ ...options, access: {} })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    const access = { user: 'example', pass: 'example-password' };
    const { connection } = await connectBroker({ ...options, bootTimeoutMs: 10_000, access });
    await connection.close();
    await nats.stop();
  });
});
