import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually, testPostgres } from '@orderflow/testing';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import type { StepType } from './harness/ledger-events.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';
import { unpublished } from './stored-steps.test-support.ts';

jest.setTimeout(300_000);

const KINDS: readonly StepType[] = ['Counted', 'Tallied', 'Called', 'Mailed'];

/** What is noticed first depends on what is done at that moment. */
const DATABASE_GONE = /database unavailable|outbox cannot be read|leases are not being renewed/;

let postgres: Awaited<ReturnType<typeof testPostgres>>;
let cluster: Cluster;
let loads: Load[];

beforeEach(async () => {
  postgres = await testPostgres();
  cluster = await startCluster({ databaseUrl: await postgres.createDatabase('ledger') });
  await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
  await cluster.balanced('a', 'b');
  // Each kind of handler has keys of its own: a number that follows the other kind's would tell nothing.
  loads = KINDS.map(
    (type) =>
      new Load(cluster, { keys: keysOf(8).map((key) => `${type}-${key}`), perSecond: 80, sending: { type } }),
  );
});

afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  await cluster.close();
  await postgres.stop();
});

const underLoad = (): Promise<true> => {
  const before = loads.map((load) => load.sent);
  return eventually(() => loads.every((load, index) => load.sent > (before[index] ?? 0) + 40), {
    what: 'load',
    timeoutMs: 30_000,
  });
};

/** Everything that was sent has one effect, at the first attempt. */
async function expectNothingLostOrUsedUp(): Promise<void> {
  for (const load of loads) await load.stop();
  expect(await verdict(cluster.database, 90_000)).toEqual(INTACT);
  expect(new Set((await effectsOf(cluster.database)).map((effect) => effect.attempt))).toEqual(new Set([1]));
  expect(await cluster.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
  expect(await cluster.database.query('SELECT 1 FROM messaging.parked')).toEqual([]);
  await eventually(async () => (await unpublished(cluster)) === 0, { what: 'the outbox is empty' });
}

describe('a database that is restarted under load', () => {
  it('loses nothing, and no attempt is used up', async () => {
    for (let round = 0; round < rounds(1, 5); round++) {
      await underLoad();
      await postgres.restart();
    }
    await underLoad();
    await expectNothingLostOrUsedUp();
  });
});

describe('a database that is down for a while under load', () => {
  it('loses nothing, and no attempt is used up; readiness says so meanwhile, liveness does not', async () => {
    await underLoad();
    await postgres.kill();
    const downAt = performance.now();
    const [instance] = cluster.running;
    await eventually(async () => DATABASE_GONE.test((await instance?.ready())?.body ?? ''), {
      what: 'readiness says which',
    });
    expect(await instance?.ready()).toMatchObject({ status: 503 });
    expect(await instance?.live()).toMatchObject({ status: 200 });
    const downMs = rounds(5_000, 20_000);
    await eventually(() => performance.now() - downAt > downMs, {
      what: 'time passes',
      timeoutMs: downMs + 5_000,
    });
    await postgres.restart();
    await underLoad();
    await eventually(async () => (await instance?.ready())?.status === 200, { what: 'it is ready again' });
    await expectNothingLostOrUsedUp();
  });
});
