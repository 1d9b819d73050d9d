import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, testPostgres } from '@orderflow/testing';
import { type Cluster, type ClusterDefaults, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectsOf, INTACT, nothingParked, verdict } from './harness/ledger-check.test-support.ts';
import type { StepType } from './harness/ledger-events.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';
import { unpublished } from './stored-steps.test-support.ts';

const KINDS: readonly StepType[] = ['Counted', 'Tallied', 'Called', 'Mailed'];

/** What is noticed first depends on what is done at that moment. */
const DATABASE_GONE = /database unavailable|outbox cannot be read|leases are not being renewed/;

let postgres: Awaited<ReturnType<typeof testPostgres>>;
let cluster: Cluster;
let loads: Load[];

async function start(options: ClusterDefaults['options'] = {}, names = ['a', 'b']): Promise<void> {
  postgres = await testPostgres();
  cluster = await startCluster({ databaseUrl: await postgres.createDatabase('ledger'), options });
  await Promise.all(names.map((name) => cluster.start(name)));
  await cluster.balanced(...names);
  // Each kind of handler has keys of its own: a number that follows the other kind's would tell nothing.
  loads = KINDS.map(
    (type) =>
      new Load(cluster, { keys: keysOf(8).map((key) => `${type}-${key}`), perSecond: 80, sending: { type } }),
  );
}

afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  await cluster.close();
  await postgres.stop();
});

const underLoad = (): Promise<true> => {
  const before = loads.map((load) => load.sent);
  return eventually(() => loads.every((load, index) => load.sent > (before[index] ?? 0) + 40), {
    what: 'load',
  });
};

/** A handler of each kind runs, so that the database goes away under all of them. */
async function inHand(): Promise<void> {
  const slow = KINDS.map((type) => ({ key: `${type}-slow`, type, mode: 'slow', amount: 1_000 }) as const);
  const ids = await cluster.sendAll(slow);
  const begun = async (): Promise<boolean> => {
    const attempts = await Promise.all(ids.map((id) => attemptsAt(id)));
    return attempts.every(({ length }) => length > 0);
  };
  await eventually(begun, { what: 'each of the slow ones begins' });
}

/** The number of the attempt, each time that the handler of the message began. */
async function attemptsAt(messageId: string): Promise<number[]> {
  const rows = await cluster.database.query<{ attempt: number }>(
    'SELECT attempt FROM attempted WHERE message_id = $1',
    [messageId],
  );
  return rows.map((row) => row.attempt);
}

/** Everything that was sent has one effect, at the first attempt. */
async function expectNothingLostOrUsedUp(): Promise<void> {
  for (const load of loads) await load.stop();
  expect(await verdict(cluster.database, 90_000)).toEqual(INTACT);
  expect(new Set((await effectsOf(cluster.database)).map((effect) => effect.attempt))).toEqual(new Set([1]));
  expect(await cluster.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
  await nothingParked(cluster.database);
  await eventually(async () => (await unpublished(cluster)) === 0, { what: 'the outbox is empty' });
}

describe('a database that is restarted under load', () => {
  it('loses nothing, and no attempt is used up', async () => {
    await start();
    for (let round = 0; round < rounds(1, 5); round++) {
      await underLoad();
      await inHand();
      await postgres.restart();
    }
    await underLoad();
    await expectNothingLostOrUsedUp();
  });
});

/** Those of the instances. Unlike after a restart the database answers again at once: a failure could be recorded. */
const END_SESSIONS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name ~ '^[ab](/|$)'`;

/** More than a message has attempts. */
const OUTAGES = 4;

/** A message that was in a batch with others is alone after some of them. */
const TIMES = 6;

describe('a database that ends its sessions under load', () => {
  it('loses nothing, and no attempt is used up', async () => {
    // A busy machine must not let a lease run out: what was in flight then is tried with its attempt counted before.
    await start({ leaseMs: 20_000 });
    const id = await cluster.send('slow', { mode: 'slow', amount: 3_000 });
    for (let time = 1; time <= TIMES; time++) {
      await eventually(async () => (await attemptsAt(id)).length >= time, {
        what: `it begins, time ${time}`,
      });
      expect(new Set(await attemptsAt(id))).toEqual(new Set([1]));
      await cluster.database.query(END_SESSIONS);
    }
    await expectNothingLostOrUsedUp();
  });
});

describe('a database that is down for longer than the lease, again and again', () => {
  it('loses nothing, and no attempt is used up', async () => {
    await start({ leaseMs: 600 }, ['a']);
    const [instance] = cluster.running;
    const leasesLost = (): number => instance?.log.filter(({ msg }) => msg === 'Lease lost').length ?? 0;
    const ids = await cluster.sendAll([
      { key: 'slow', mode: 'slow', amount: 3_000 },
      { key: 'slow-too', type: 'Called', mode: 'slow', amount: 3_000 },
    ]);
    for (let time = 1; time <= OUTAGES; time++) {
      const begun = async (): Promise<boolean> =>
        (await Promise.all(ids.map(attemptsAt))).every(({ length }) => length >= time);
      await eventually(begun, { what: `both begin, time ${time}` });
      const before = leasesLost();
      await postgres.kill();
      await eventually(() => leasesLost() > before, { what: 'its leases are lost' });
      await postgres.restart();
    }
    await expectNothingLostOrUsedUp();
  });
});

describe('a database that is down for a while under load', () => {
  it('loses nothing, and no attempt is used up; readiness says so meanwhile, liveness does not', async () => {
    await start();
    await underLoad();
    await inHand();
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
