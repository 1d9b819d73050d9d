import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@orderflow/database';
import { freshDatabase, testNats } from '@orderflow/testing';
import { type MessagingOptions, resolveOptions } from '../runtime/options.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { COUNTS, Counted } from '../testing/harness.test-support.ts';

const PATIENCE_MS = 50_000;

let nats: Awaited<ReturnType<typeof testNats>>;
let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let database: Database;

beforeAll(async () => {
  nats = await testNats({ config: 'jetstream { max_file: 2GiB }' });
  fresh = await freshDatabase();
  database = new Database({ url: fresh.url, applicationName: 'test' });
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
  await nats.stop();
});

function optionsWith(change: Partial<MessagingOptions>): MessagingOptions {
  return {
    service: 'ledger',
    instance: 'ledger',
    natsServers: [nats.url],
    database,
    streams: [COUNTS],
    contracts: [Counted],
    bootTimeoutMs: PATIENCE_MS,
    ...change,
  };
}

describe('a schema that is not a plain name', () => {
  it.each(['', 'Ledger', 'pg_ledger', 'ledger"; DROP', 'x'.repeat(64)])('is refused: %s', (schema) => {
    expect(() => resolveOptions(optionsWith({ schema }))).toThrow(/schema must be/);
  });
});

describe('a boot that the broker refuses', () => {
  it.each([
    ['more copies than the server has nodes', { replicas: 3 }, /replicas/],
    ['more bytes than it has', { streamMaxBytes: 4 * 2 ** 30 }, /insufficient/],
  ])('ends at once in the words of the server: %s', async (_, change, words) => {
    const runtime = new MessagingRuntime(resolveOptions(optionsWith(change)));
    const startedAt = performance.now();
    await expect(runtime.connect()).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(words),
      cause: expect.anything(),
    });
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS / 2);
    await runtime.close();
  });

  it('ends at once in the words of the server: subjects that another stream stores', async () => {
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'ALL', subjects: [`${COUNTS.prefix}.>`] });
    const runtime = new MessagingRuntime(resolveOptions(optionsWith({})));
    await expect(runtime.connect()).rejects.toMatchObject({
      code: 'BROKER_REFUSED',
      message: expect.stringMatching(/overlap/),
      remedy: expect.stringContaining('prefix'),
    });
    await runtime.close();
    await manager.streams.delete('ALL');
    await connection.close();
  });
});

describe('a boot that waits for its broker', () => {
  it('ends when it is stopped', async () => {
    const runtime = new MessagingRuntime(
      resolveOptions(optionsWith({ natsServers: ['nats://127.0.0.1:1'] })),
    );
    const booting = runtime.connect();
    await runtime.close();
    await expect(booting).rejects.toMatchObject({ code: 'BOOT_ABORTED' });
  });
});

describe('options', () => {
  it.each([
    { bootTimeoutMs: Number.NaN },
    { bootTimeoutMs: Number.POSITIVE_INFINITY },
    { drainDeadlineMs: -1 },
    { drainDeadlineMs: 2 ** 31 },
    { streamMaxBytes: 0 },
    { streamMaxBytes: 1.5 },
    { partitions: 0 },
    { leaseMs: 1 },
    { maxLagMessages: -1 },
  ])('are refused: %p', (change) => {
    const [name = ''] = Object.keys(change);
    expect(() => resolveOptions(optionsWith(change))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) }),
    );
  });

  it('are refused all at once', () => {
    expect(() => resolveOptions(optionsWith({ leaseMs: 1, bootTimeoutMs: -1, service: 'X' }))).toThrow(
      /service.*leaseMs.*bootTimeoutMs/s,
    );
  });
});
