import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { parkedOf } from './harness/parked.test-support.ts';
import { full } from './harness/rounds.test-support.ts';

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
});

afterEach(() => cluster.close());

async function attemptsOf(messageId: string): Promise<number[]> {
  const rows = await cluster.database.query<{ attempt: number }>(
    'SELECT attempt FROM attempted WHERE message_id = $1 ORDER BY id',
    [messageId],
  );
  return rows.map((row) => row.attempt);
}

describe('attempts', () => {
  it('go on counting in the instance that takes over', async () => {
    const first = await cluster.start('first');
    const id = await cluster.send('fails', { type: 'Insisted', mode: 'fail', amount: 8 });
    await eventually(async () => (await attemptsOf(id)).length >= 3, { what: 'three attempts' });
    await first.kill();
    await cluster.start('second');
    expect(await verdict(cluster.database)).toEqual(INTACT);
    const [effect] = await effectsOf(cluster.database, 'fails');
    expect(effect?.attempt).toBe(9);
    const attempts = await attemptsOf(id);
    expect(attempts).toEqual(attempts.toSorted((a, b) => a - b));
    // The one that ran when the process was killed may have been begun twice.
    expect(attempts.length).toBeLessThanOrEqual(10);
  });

  it.each(full ? (['kill-in-handler', 'kill-before-commit'] as const) : (['kill-in-handler'] as const))(
    'end for a message that ends its process (%s), and its neighbours are handled',
    async (mode) => {
      await cluster.supervise('a', 'b');
      await cluster.balanced('a', 'b');
      const neighbours = keysOf(16).map((key) => ({ key }));
      const deadly = { key: mode, mode, amount: 99 };
      await cluster.sendAll([...neighbours, { key: mode }, deadly, { key: mode }, ...neighbours]);
      expect(await verdict(cluster.database, 40_000)).toEqual(INTACT);
      const parked = await parkedOf(cluster.database, mode);
      expect(parked.map(({ n, state }) => [n, state])).toEqual([
        [2, 'dead'],
        [3, 'waiting'],
      ]);
      expect(parked[0]).toMatchObject({ attempts: 3, reason: expect.stringContaining('process ended') });
      const ended = cluster.instances.filter((instance) => !instance.running);
      // Its attempts, and two crashes that are taken for accidents.
      expect(ended.length).toBeLessThanOrEqual(5);
    },
  );

  it('are not used up by a process that ends after its commit', async () => {
    await cluster.supervise('after');
    const ok = { key: 'after' };
    await cluster.sendAll([ok, { ...ok, mode: 'kill-after-commit', amount: 1 }, ok]);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    // Behind those, which the next process gets again.
    await effectOf(cluster.database, await cluster.send('after'));
    expect((await effectsOf(cluster.database, 'after')).map(({ n, attempt }) => [n, attempt])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    expect(await cluster.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
  });
});
