import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import type { MessagingOptions } from '../runtime/options.ts';
import {
  disordered,
  effectsOf,
  keysNamed,
  orderedController,
  publishAll,
  upTo,
  World,
} from '../testing/deferred.test-support.ts';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { runtimeOf, untilShared } from '../testing/shares.test-support.ts';
import { partitionOf } from '../topology/partition.ts';

const PARTITIONS = 4;
const DEFERRED = 200;
const SLOW_MS = 100;

let brokers: TestBrokers;
let world: World;
let services: TestService[];

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(() => {
  world = new World();
  services = [];
});

afterEach(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

type Kind = 'transactional' | 'external';

async function start(kind: Kind, options: Partial<MessagingOptions>): Promise<TestService> {
  const [first] = services;
  const service = await brokers.startService({
    name: 'ledger',
    controllers: [
      orderedController(world, {
        kind,
        retry: { firstDelayMs: 1_500, maxDelayMs: 1_500, maxAttempts: 1_000 },
      }),
    ],
    streams: [COUNTS],
    ...(first !== undefined && { databaseUrl: first.databaseUrl }),
    options: { partitions: PARTITIONS, leaseMs: 2_000, ...options },
  });
  services.push(service);
  return service;
}

/** A key of each partition. */
const keys = upTo(PARTITIONS).map(
  (partition) => keysNamed('k', 100).find((key) => partitionOf(key, PARTITIONS) === partition - 1) ?? '',
);

describe.each(['transactional', 'external'] as const)('a partition that moves (%s)', (kind) => {
  it('stops between two messages, however many are deferred in it', async () => {
    const service = await start(kind, { instance: 'first' });
    for (const key of keys) world.broken.add(key);
    await publishAll(
      service,
      upTo(DEFERRED).flatMap((n) => keys.map((key) => ({ key, n, mode: 'slow' as const }))),
    );
    const stored = async (): Promise<boolean> =>
      (await service.database.query('SELECT FROM messaging.parked')).length === DEFERRED * PARTITIONS;
    await eventually(stored, { what: 'all of them wait in the database' });
    world.slowMs = SLOW_MS;
    world.broken.clear();
    await eventually(async () => (await effectsOf(service, 'k')) > 0, {
      what: 'they are being handled',
    });
    const second = await start(kind, { instance: 'second', intake: 'manual' });
    const before = await effectsOf(service, 'k');
    runtimeOf(second).startIntake();
    await untilShared(service, second);
    // Of 800: had it waited for the backlog of one partition, 200 at least.
    expect((await effectsOf(service, 'k')) - before).toBeLessThan(DEFERRED);
    world.slowMs = 0;
    await eventually(async () => (await effectsOf(service, 'k')) === DEFERRED * PARTITIONS, {
      what: 'all are handled',
    });
    expect(await disordered(service)).toEqual([]);
  });
});
