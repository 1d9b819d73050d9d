import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually, freshDatabase } from '@orderflow/testing';
import { INBOX_RETENTION_MS } from '../src/inbox/inbox.ts';
import { STREAM_MAX_AGE_MS } from '../src/topology/stream-config.ts';
import { type Cluster, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { COUNTS } from './harness/ledger-events.test-support.ts';

const DAY_MS = 86_400_000;
const NANOS_PER_MS = 1_000_000;

let cluster: Cluster;
let readerDatabaseUrl: string;

beforeAll(async () => {
  cluster = await startCluster();
  readerDatabaseUrl = (await freshDatabase('reader')).url;
});

beforeEach(async () => {
  await (await cluster.start('owner')).stop();
});

afterAll(() => cluster.close());

/** Of the stream; resolves with what it is afterwards. */
async function maxAge(change?: number): Promise<number> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    const { streams } = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
    if (change !== undefined) await streams.update(COUNTS.name, { max_age: change });
    return (await streams.info(COUNTS.name)).config.max_age;
  } finally {
    await connection.close();
  }
}

async function refusalOf(instance: Instance): Promise<string> {
  const ended = (): boolean => !instance.running || instance.lineOf('running') !== undefined;
  await eventually(ended, { what: 'it runs or refuses to' });
  expect(instance.running).toBe(false);
  return String(instance.lineOf('boot failed')?.['error']);
}

describe('the inbox', () => {
  it('remembers longer than the streams of the library keep their messages', () => {
    expect(INBOX_RETENTION_MS).toBeGreaterThanOrEqual(STREAM_MAX_AGE_MS + DAY_MS);
  });
});

describe('a stream that keeps its messages longer than the inbox remembers them', () => {
  it.each([
    ['by some days', (INBOX_RETENTION_MS + DAY_MS) * NANOS_PER_MS],
    ['for ever', 0],
  ])('is refused at boot when it belongs to another service: %s', async (_, age) => {
    await maxAge(age);
    const reader = cluster.launch('reader', { service: 'reader', databaseUrl: readerDatabaseUrl });
    expect(await refusalOf(reader)).toMatch(/COUNTS.*longer/s);
  });

  it('is refused at boot by its owner that may not change it, and put right by the one that may', async () => {
    await maxAge(0);
    const careful = cluster.launch('careful', { options: { provision: 'verify' } });
    expect(await refusalOf(careful)).toMatch(/COUNTS.*max_age/s);
    expect(await maxAge()).toBe(0);
    await cluster.start('owner');
    expect(await maxAge()).toBe(STREAM_MAX_AGE_MS * NANOS_PER_MS);
  });
});
