import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import type { Breakage } from './harness/broken-library.test-support.ts';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { checkLedger, effectOf, INTACT, type LedgerReport } from './harness/ledger-check.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { inFull } from './harness/rounds.test-support.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
});

afterEach(async () => {
  await Promise.all(cluster.running.map((instance) => instance.kill()));
  await cluster.database.query('TRUNCATE ledger, sent');
});

afterAll(() => cluster.close());

async function twoInstances(breakage?: Breakage): Promise<Instance[]> {
  const change = breakage === undefined ? {} : { breakage };
  return await Promise.all(['a', 'b'].map((name) => cluster.start(name, change)));
}

/** Ends an instance in the middle of its work on a key, and lets another one go on. Returns what is wrong then. */
async function afterCrash(
  moment: 'kill-before-commit' | 'kill-after-commit',
  breakage?: Breakage,
): Promise<LedgerReport> {
  const instances = await twoInstances(breakage);
  const key = `user-of-${breakage ?? 'all'}`;
  // What is sent meanwhile waits behind the slow one, and then goes into one batch.
  const slow = { key, mode: 'slow', amount: 300 } as const;
  await cluster.sendAll([slow, { key }, { key }, { key, mode: moment, amount: 1 }, { key }]);
  await Promise.race(instances.map((instance) => instance.exited));
  await effectOf(cluster.database, await cluster.send(key), 15_000);
  return await checkLedger(cluster.database);
}

// A ledger that cannot fail proves nothing: each of these consumers is wrong in a way that is known from the field.
describe('the ledger', () => {
  inFull('finds nothing wrong with a crash that the library sees to', async () => {
    expect(await afterCrash('kill-before-commit')).toEqual(INTACT);
  });

  inFull('sees the loss of a consumer that acknowledges before it commits', async () => {
    expect((await afterCrash('kill-before-commit', 'ack-before-commit')).lost).not.toEqual([]);
  });

  it('sees the loss of a consumer that marks its inbox before its handler ran', async () => {
    expect((await afterCrash('kill-before-commit', 'inbox-before-handler')).lost).not.toEqual([]);
  });

  inFull('sees the double effects, out of order, of a consumer that has no inbox', async () => {
    const report = await afterCrash('kill-after-commit', 'no-inbox');
    expect(report.doubled).not.toEqual([]);
    expect(report.disordered).not.toEqual([]);
  });

  it('sees what a stale owner writes that no fence stops', async () => {
    await twoInstances('no-fence');
    await cluster.balanced('a', 'b');
    const load = new Load(cluster, { keys: keysOf(16) });
    // A process that is frozen with nothing in its hands has nothing to write: again until one had.
    await eventually(
      async () => {
        const zombie = await cluster.ownerOf('user-1');
        zombie.freeze();
        await eventually(async () => (await cluster.ownerOf('user-1')) !== zombie, { what: 'a takeover' });
        zombie.thaw();
        await cluster.balanced('a', 'b');
        return (await checkLedger(cluster.database)).stale.length > 0;
      },
      { what: 'a stale owner writes' },
    );
    await load.stop();
  });
});
