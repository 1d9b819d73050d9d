import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

const KEYS = keysOf(16);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ options: { leaseMs: 600 }, idleInTransactionTimeoutMs: 1_000 });
  await cluster.supervise('a', 'b', 'c');
});

afterEach(() => cluster.quieten());

afterAll(() => cluster.close());

/** Waits until somebody else handles what is sent to the key from now on. */
async function goesOnWithout(gone: Instance, key: string): Promise<void> {
  const { name } = gone;
  const effect = await effectOf(cluster.database, await cluster.send(key), 20_000);
  if (gone.wrote(effect)) throw new Error(`${name} handled what came after its end`);
}

describe('order of a key under load', () => {
  it(`holds when its owner is killed, ${rounds(3, 20)} times`, async () => {
    await cluster.balanced('a', 'b', 'c');
    const load = new Load(cluster, { keys: KEYS });
    for (let round = 0; round < rounds(3, 20); round++) {
      const key = KEYS[round % KEYS.length] ?? '';
      const owner = await cluster.ownerOf(key);
      await owner.kill();
      await goesOnWithout(owner, key);
    }
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it(`holds for batch handlers when their owner is killed, ${rounds(2, 10)} times`, async () => {
    await cluster.balanced('a', 'b', 'c');
    const keys = KEYS.map((key) => `batch-${key}`);
    const load = new Load(cluster, { keys, sending: { type: 'Tallied' } });
    for (let round = 0; round < rounds(2, 10); round++) {
      const key = keys[round % keys.length] ?? '';
      const owner = await cluster.ownerOf(key);
      await owner.kill();
      await goesOnWithout(owner, key);
    }
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it('holds when its owner stands still for longer than its lease and then goes on', async () => {
    await cluster.balanced('a', 'b', 'c');
    const load = new Load(cluster, { keys: KEYS });
    const zombie = await cluster.ownerOf('user-1');
    // In the middle of a transaction, and with more behind it.
    const slow = await cluster.sendAll([{ key: 'user-1', mode: 'slow', amount: 700 }, { key: 'user-1' }]);
    await eventually(async () => await attempts(slow[0]), { what: 'the slow one runs' });
    zombie.freeze();
    await goesOnWithout(zombie, 'user-1');
    const before = zombie.log.length;
    zombie.thaw();
    const noticed = (): boolean => zombie.log.slice(before).some((line) => line.msg === 'Lease lost');
    await eventually(noticed, { what: 'it learns that its leases are lost' });
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it('holds while the service grows from 3 to 4 instances and shrinks to 2', async () => {
    await cluster.balanced('a', 'b', 'c');
    const load = new Load(cluster, { keys: KEYS });
    const fourth = await cluster.start('d');
    await cluster.balanced('a', 'b', 'c', 'd');
    cluster.unsupervise();
    const third = cluster.running.find((instance) => instance.name === 'c');
    expect(await Promise.all([fourth.stop(), third?.stop()])).toEqual([0, 0]);
    await cluster.balanced('a', 'b');
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });

  it('holds when the broker is killed and restarted', async () => {
    const load = new Load(cluster, { keys: KEYS });
    for (let round = 0; round < rounds(1, 5); round++) {
      const before = load.sent;
      await eventually(() => load.sent > before + 100, { what: 'load' });
      await cluster.nats.kill();
      await cluster.nats.restart();
    }
    const { length } = await effectsOf(cluster.database);
    // One that owns none of the keys' partitions has nothing to go on with.
    const owners = new Set(await Promise.all(KEYS.map((key) => cluster.ownerOf(key))));
    const goOn = async (): Promise<boolean> => {
      const since = (await effectsOf(cluster.database)).slice(length);
      return [...owners].every((owner) => since.some((effect) => owner.wrote(effect)));
    };
    await eventually(goOn, { what: 'each instance goes on' });
    await load.stop();
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});

async function attempts(messageId = ''): Promise<boolean> {
  return (
    (await cluster.database.query('SELECT 1 FROM attempted WHERE message_id = $1', [messageId])).length > 0
  );
}
