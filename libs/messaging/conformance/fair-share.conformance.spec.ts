import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { eventually } from '@orderflow/testing';
import {
  groupController,
  keysNamed,
  orderedController,
  p99Of,
  p99OfPart,
  PROVIDER,
  publishAll,
  World,
} from '../src/testing/deferred.test-support.ts';
import {
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../src/testing/harness.test-support.ts';

const MANY = 5_000;
const RETRY = { firstDelayMs: 5_000, maxDelayMs: 60_000, maxAttempts: 1_000 };
/** What a busy machine adds to either side. */
const SLACK_MS = 100;

let brokers: TestBrokers;
let service: TestService;
let world: World;

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(() => {
  world = new World();
});

afterEach(async () => {
  await service.stop();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

async function start(controller: Type): Promise<number> {
  service = await brokers.startService({
    name: 'ledger',
    controllers: [controller],
    streams: [COUNTS],
    options: { partitions: 1 },
  });
  await p99OfPart(service, world, 'warm');
  return await p99Of(service, world, 'calm');
}

async function storedMessages(): Promise<number> {
  const [row] = await service.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM messaging.parked',
  );
  return row?.count ?? 0;
}

async function send(mode: 'ok' | 'slow'): Promise<void> {
  await publishAll(
    service,
    keysNamed('waits', MANY).map((key) => ({ key, n: 1, mode })),
  );
  const stored = async (): Promise<boolean> => (await storedMessages()) === MANY;
  await eventually(stored, { what: 'all of them wait in the database', timeoutMs: 120_000 });
}

describe('other keys are handled nearly as soon as in calm', () => {
  it('while 5,000 keys wait for a retry', async () => {
    const calm = await start(orderedController(world, { retry: RETRY }));
    for (const key of keysNamed('waits', MANY)) world.broken.add(key);
    await send('ok');
    const busy = await p99Of(service, world, 'busy');
    expect(busy).toBeLessThan(2 * calm + SLACK_MS);
  });

  it('while 5,000 messages of their queue group wait for a retry', async () => {
    const calm = await start(groupController(world, { name: 'mailer', retry: RETRY }));
    for (const key of keysNamed('waits', MANY)) world.broken.add(key);
    await send('ok');
    const busy = await p99Of(service, world, 'busy');
    expect(busy).toBeLessThan(2 * calm + SLACK_MS);
  });

  it('while the messages of 5,000 keys are handled whose dependency is back', async () => {
    const calm = await start(orderedController(world, { kind: 'external', dependency: PROVIDER }));
    world.isDown = true;
    await send('slow');
    world.isDown = false;
    await eventually(() => world.calls.filter(({ key }) => key.startsWith('waits')).length > 100, {
      what: 'the dependency is back',
    });
    const busy = await p99Of(service, world, 'busy');
    expect(busy).toBeLessThan(2 * calm + SLACK_MS);
    await eventually(async () => (await storedMessages()) === 0, {
      what: 'all are handled',
    });
  });
});
