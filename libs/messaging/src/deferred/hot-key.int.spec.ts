import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import {
  consumerState,
  disordered,
  effectsOf,
  orderedController,
  publishAll,
  upTo,
  World,
} from '../testing/deferred.test-support.ts';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';

const MANY = 3_000;
const RETRY_MS = 300;
const MOST_TURNS = 5;

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

/** How long a key's messages take, from the first one handled to the last, in ms. */
async function handleMany(key: string): Promise<number> {
  await publishAll(
    service,
    upTo(MANY).map((n) => ({ key, n })),
  );
  const startedAt = performance.now();
  await eventually(async () => (await effectsOf(service, key)) === MANY, {
    what: `all messages of ${key} are handled`,
    timeoutMs: 90_000,
  });
  return performance.now() - startedAt;
}

it('a key of 3,000 messages whose first one fails once is handled at no less than half of the normal rate', async () => {
  service = await brokers.startService({
    name: 'ledger',
    controllers: [
      orderedController(world, { retry: { firstDelayMs: RETRY_MS, maxDelayMs: RETRY_MS, maxAttempts: 10 } }),
    ],
    streams: [COUNTS],
    options: { partitions: 1 },
  });
  await handleMany('warm');
  const ratios: number[] = [];
  // In turns, because other tests take the processor for a while: the best turn says what the library can do.
  for (let turn = 1; turn <= MOST_TURNS && !ratios.some((ratio) => ratio < 2); turn++) {
    const normalMs = await handleMany(`calm-${turn}`);
    world.failsOnce.add(`hot-${turn}#1`);
    ratios.push(((await handleMany(`hot-${turn}`)) - RETRY_MS) / normalMs);
  }
  expect(Math.min(...ratios)).toBeLessThan(2);
  expect(await disordered(service)).toEqual([]);
  const isFlowing = async (): Promise<boolean> =>
    (await service.database.query('SELECT FROM messaging.blocked_key')).length === 0;
  await eventually(isFlowing, { what: 'the key flows' });
});

it('a key whose external handler is slow does not fill the window of its partition', async () => {
  service = await brokers.startService({
    name: 'ledger',
    controllers: [orderedController(world, { kind: 'external' })],
    streams: [COUNTS],
    options: { partitions: 1 },
  });
  const { promise, resolve: release } = Promise.withResolvers<undefined>();
  world.slowUntil = promise;
  await publishAll(service, [
    ...upTo(700).map((n) => ({ key: 'slow', n, mode: 'slow' as const })),
    { key: 'other', n: 1 },
  ]);
  await eventually(async () => (await effectsOf(service, 'other')) === 1, {
    what: 'the message of another key is handled',
  });
  await eventually(async () => (await consumerState(brokers, 'ledger-COUNTS-00')).pending < 200, {
    what: 'most of its messages are acknowledged',
  });
  expect(world.callsOf('slow')).toEqual([1]);
  release(undefined);
  await eventually(async () => (await effectsOf(service, 'slow')) === 700, {
    what: 'all of its messages are handled',
  });
  // The other one did not have to wait until the time of the slow one was over.
  expect(world.calls.filter(({ attempt }) => attempt > 1)).toEqual([]);
  expect(await disordered(service)).toEqual([]);
});
