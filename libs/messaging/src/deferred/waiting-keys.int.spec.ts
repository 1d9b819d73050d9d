import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import type { Type } from '@nestjs/common';
import {
  consumerState,
  disordered,
  effectsOf,
  groupController,
  keysNamed,
  orderedController,
  PROVIDER,
  publishAll,
  upTo,
  World,
} from '../testing/deferred.test-support.ts';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';

/** More than the window of a partition's consumer (512), and of a queue group's (256). */
const MANY = 600;
const RETRY = { firstDelayMs: 3_000, maxDelayMs: 6_000, maxAttempts: 1_000 };
const PATIENCE = { timeoutMs: 40_000 };

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

async function start(controller: Type): Promise<void> {
  service = await brokers.startService({
    name: 'ledger',
    controllers: [controller],
    streams: [COUNTS],
    options: { partitions: 1 },
  });
}

const others = keysNamed('other', 20);

async function othersAreHandled(): Promise<void> {
  await publishAll(
    service,
    others.map((key) => ({ key, n: 1 })),
  );
  await eventually(async () => (await effectsOf(service, 'other')) === others.length, {
    what: 'messages of other keys are handled',
    ...PATIENCE,
  });
}

async function allAreHandled(count: number): Promise<void> {
  await eventually(async () => (await effectsOf(service, '')) === count, {
    what: 'all messages are handled',
    ...PATIENCE,
  });
  expect(await disordered(service)).toEqual([]);
  await eventually(async () => (await service.database.query('SELECT FROM messaging.parked')).length === 0, {
    what: 'nothing waits in the database',
  });
}

/** Not only that nothing is pending: before the first delivery nothing is either. */
async function allAreAcknowledged(consumer: string, published: number): Promise<void> {
  await eventually(async () => (await consumerState(brokers, consumer)).floor === published, {
    what: 'the ack floor is at the last message',
    ...PATIENCE,
  });
}

describe('more keys than a window has room for, whose messages wait for a retry', () => {
  it('leave room for other keys, and are handled in order when their handler is mended', async () => {
    await start(orderedController(world, { retry: RETRY }));
    const keys = keysNamed('broken', MANY);
    for (const key of keys) world.broken.add(key);
    await publishAll(
      service,
      [1, 2].flatMap((n) => keys.map((key) => ({ key, n }))),
    );
    await eventually(() => world.calls.length >= MANY, { what: 'each has failed', ...PATIENCE });
    await othersAreHandled();
    await allAreAcknowledged('ledger-COUNTS-00', 2 * MANY + others.length);
    world.broken.clear();
    await allAreHandled(2 * MANY + others.length);
  });
});

describe('more messages of a queue group than its window has room for, that wait for a retry', () => {
  it('leave room for others, and are handled when their handler is mended', async () => {
    await start(groupController(world, { name: 'mailer', retry: RETRY }));
    const keys = keysNamed('broken', MANY);
    for (const key of keys) world.broken.add(key);
    await publishAll(
      service,
      keys.map((key) => ({ key, n: 1 })),
    );
    await eventually(() => world.calls.length >= MANY, { what: 'each has failed', ...PATIENCE });
    await othersAreHandled();
    await allAreAcknowledged('ledger-mailer', MANY + others.length);
    world.broken.clear();
    await allAreHandled(MANY + others.length);
    const again = world.calls.filter(({ key, attempt }) => key.startsWith('broken') && attempt > 1);
    expect(new Set(again.map(({ key }) => key)).size).toBe(MANY);
  });
});

describe('more keys than a window has room for, whose dependency is down', () => {
  it.each([
    ['ordered', 'ledger-COUNTS-00'],
    ['a queue group', 'ledger-mailer'],
  ])(
    'leave room for others, use up no attempt, and are handled when it is back: %s',
    async (kind, consumer) => {
      const options = { dependency: PROVIDER };
      await start(
        kind === 'ordered'
          ? orderedController(world, { ...options, kind: 'external' })
          : groupController(world, { ...options, name: 'mailer' }),
      );
      world.isDown = true;
      const keys = keysNamed('needs', MANY);
      // One number in a queue group, which keeps no order.
      const numbers = kind === 'ordered' ? [1, 2] : [1];
      await publishAll(
        service,
        numbers.flatMap((n) => keys.map((key) => ({ key, n, mode: 'slow' as const }))),
      );
      await allAreAcknowledged(consumer, numbers.length * MANY);
      // Held back by the same breaker: they wait as well, in the database.
      const stored = await service.database.query('SELECT FROM messaging.parked');
      expect(stored).toHaveLength(numbers.length * MANY);
      // Nothing but probes.
      expect(world.calls.length).toBeLessThan(100);
      world.isDown = false;
      await allAreHandled(numbers.length * MANY);
      expect(new Set(world.calls.map((call) => call.attempt))).toEqual(new Set([1]));
    },
  );
});

describe('a message that waits', () => {
  it('does not hold up the ack floor: a takeover brings no more than the window again', async () => {
    await start(orderedController(world, { retry: { ...RETRY, firstDelayMs: 60_000, maxDelayMs: 60_000 } }));
    world.broken.add('head');
    await publishAll(service, [{ key: 'head', n: 1 }]);
    await eventually(() => world.calls.length > 0, { what: 'it has failed' });
    await publishAll(
      service,
      upTo(3_000).map((n) => ({ key: `k${String(n % 50)}`, n })),
    );
    await eventually(async () => (await effectsOf(service, 'k')) === 3_000, {
      what: 'what is behind it is handled',
      ...PATIENCE,
    });
    expect((await consumerState(brokers, 'ledger-COUNTS-00')).again).toBeLessThanOrEqual(512);
  });
});
