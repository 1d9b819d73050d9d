import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { INTACT, verdict } from './harness/ledger-check.test-support.ts';
import type { EffectRow } from './harness/ledger-tables.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { report } from './harness/report.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

const KEYS = keysOf(16);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.start('a');
});

/** Starts again what ended, and waits until both have their share. */
async function bothRun(): Promise<void> {
  const missing = ['a', 'b'].filter((name) => cluster.running.every((instance) => instance.name !== name));
  await Promise.all(missing.map((name) => cluster.start(name)));
  await cluster.balanced('a', 'b');
}

afterEach(() => cluster.quieten());

afterAll(() => cluster.close());

/** How long after `since` (ms) another instance wrote the first effect of the key. */
async function msUntilAnother(gone: Instance, key: string, since: number): Promise<number> {
  const first = await eventually(
    async () => {
      const rows = await cluster.database.query<EffectRow>(
        'SELECT * FROM ledger WHERE user_id = $1 AND at > $2 ORDER BY id',
        [key, new Date(since)],
      );
      return rows.find((row) => !gone.wrote(row));
    },
    { what: `another instance handles ${key}` },
  );
  return first.at.getTime() - since;
}

describe('leases', () => {
  it('are shared again when a member joins under load', async () => {
    const load = new Load(cluster, { keys: KEYS });
    expect((await cluster.shares()).get('a')).toBe(16);
    await bothRun();
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it(`of a killed instance are taken over, and work goes on, within 3 s`, async () => {
    const took: number[] = [];
    const load = new Load(cluster, { keys: KEYS });
    for (let round = 0; round < rounds(1, 10); round++) {
      await bothRun();
      const owner = await cluster.ownerOf('user-1');
      const since = Date.now();
      await owner.kill();
      took.push(await msUntilAnother(owner, 'user-1', since));
    }
    await load.stop();
    report('takeover after kill -9, ms until the next effect', took);
    expect(Math.max(...took)).toBeLessThanOrEqual(busyBound(3_000));
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it('of a clean stop with idle lanes are handed over within 300 ms', async () => {
    const took: number[] = [];
    for (let round = 0; round < rounds(2, 10); round++) {
      await bothRun();
      const owner = await cluster.ownerOf('user-1');
      const since = Date.now();
      owner.terminate();
      // One message after the other, so that lanes are idle whenever the hand-over comes to them.
      const load = new Load(cluster, { keys: ['user-1'], perSecond: 40 });
      took.push(await msUntilAnother(owner, 'user-1', since));
      await load.stop();
      expect(await owner.exited).toBe(0);
    }
    report('clean hand-over, ms from SIGTERM to the next effect', took);
    expect(Math.max(...took)).toBeLessThanOrEqual(busyBound(300));
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it('are lost by an instance that lives and cannot renew them, and it commits nothing meanwhile', async () => {
    const load = new Load(cluster, { keys: KEYS });
    await bothRun();
    const mute = await cluster.ownerOf('user-1');
    await cluster.database.transaction(async (tx) => {
      // Its heartbeats wait for this lock; everything else of it goes on.
      await tx.query(`SELECT 1 FROM messaging.member WHERE instance LIKE $1 FOR UPDATE`, [`${mute.name}-%`]);
      const since = Date.now();
      await eventually(
        async () => {
          // The server ends sessions that idle in a transaction.
          await tx.query('SELECT 1');
          return (await cluster.ownerOf('user-1')) !== mute;
        },
        { what: 'the other one takes over' },
      );
      await msUntilAnother(mute, 'user-1', since);
      await eventually(
        async () => {
          await tx.query('SELECT 1');
          return (await mute.ready()).status === 503;
        },
        { what: 'it is not ready' },
      );
      expect((await mute.live()).status).toBe(200);
    });
    await cluster.balanced('a', 'b');
    await eventually(async () => (await mute.ready()).status === 200, { what: 'it is ready again' });
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});
