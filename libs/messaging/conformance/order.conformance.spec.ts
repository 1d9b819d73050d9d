import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type Cluster, keysOf, type Sending, startCluster } from './harness/cluster.test-support.ts';
import { checkLedger, effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { parkedOf } from './harness/parked.test-support.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  await Promise.all(['a', 'b', 'c'].map((name) => cluster.start(name)));
});

afterAll(() => cluster.close());

async function numbersOf(key: string): Promise<number[]> {
  return (await effectsOf(cluster.database, key)).map((effect) => effect.n);
}

describe('order of a key', () => {
  it('holds for 1,000 messages over 16 keys in 3 instances', async () => {
    await cluster.balanced('a', 'b', 'c');
    await cluster.sendMany(1_000, keysOf(16));
    expect(await verdict(cluster.database)).toEqual(INTACT);
    const writers = new Set((await effectsOf(cluster.database)).map((effect) => effect.instance));
    expect(writers.size).toBe(3);
  });

  it('holds when a message in the middle of a key fails and is tried again', async () => {
    const ok = { key: 'fails' };
    await cluster.sendAll([ok, ok, { key: 'fails', mode: 'fail', amount: 2 }, ok, ok]);
    await cluster.sendAll([ok, { key: 'fails', mode: 'fail', amount: 1, type: 'Called' }, ok]);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect(await numbersOf('fails')).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const attempts = (await effectsOf(cluster.database, 'fails')).map((effect) => effect.attempt);
    expect(attempts).toEqual([1, 1, 3, 1, 1, 1, 2, 1]);
  });

  it('holds across types of handlers that share a key', async () => {
    const types = ['Counted', 'Tallied', 'Called', 'Skipped', 'Tallied', 'Called', 'Insisted'] as const;
    await cluster.sendAll([...types, ...types].map((type) => ({ key: 'mixed', type })));
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect(await numbersOf('mixed')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('holds when batch handlers and others take turns in many keys, and some of their messages fail', async () => {
    const keys = keysOf(16).map((key) => `turns-${key}`);
    const turn = (index: number): Sending => ({
      type: index % 3 === 2 ? 'Counted' : 'Tallied',
      ...(index % 97 === 0 && { mode: 'fail', amount: 1 }),
    });
    const sendings = Array.from({ length: 800 }, (_, index) => ({
      key: keys[index % keys.length] ?? '',
      ...turn(Math.floor(index / keys.length) + index),
    }));
    await cluster.sendAll(sendings);
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});

describe('after a message that fails for good', () => {
  it('in a batch handler: its key is parked, and what shared the batch is handled', async () => {
    const good = keysOf(8).map((key) => ({ key: `beside-${key}`, type: 'Tallied' }) as const);
    const bad = { key: 'bad-batch', type: 'Tallied' } as const;
    await cluster.sendAll([...good, bad, { ...bad, mode: 'poison' }, ...good, bad, ...good]);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    for (const { key } of good) expect(await numbersOf(key)).toEqual([1, 2, 3]);
    expect(await numbersOf('bad-batch')).toEqual([1]);
    expect((await parkedOf(cluster.database, 'bad-batch')).map(({ n, state }) => [n, state])).toEqual([
      [2, 'dead'],
      [3, 'waiting'],
    ]);
  });

  it('park: what follows is kept behind it, in order, and other keys go on', async () => {
    const ok = { key: 'parks' };
    await cluster.sendAll([ok, { key: 'parks', mode: 'poison' }, ok, { key: 'parks', type: 'Called' }]);
    await effectOf(cluster.database, await cluster.send('other'));
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect(await numbersOf('parks')).toEqual([1]);
    const parked = await parkedOf(cluster.database, 'parks');
    expect(parked.map(({ n, state }) => [n, state])).toEqual([
      [2, 'dead'],
      [3, 'waiting'],
      [4, 'waiting'],
    ]);
  });

  it('skip: the key goes on', async () => {
    const ok = { key: 'skips', type: 'Skipped' } as const;
    await cluster.sendAll([ok, { ...ok, mode: 'poison' }, ok, { ...ok, mode: 'fail', amount: 9 }, ok]);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect(await numbersOf('skips')).toEqual([1, 3, 5]);
    expect((await parkedOf(cluster.database, 'skips')).map(({ n, state }) => [n, state])).toEqual([
      [2, 'dead'],
      [4, 'dead'],
    ]);
  });

  it('block: it is tried beyond its last attempt, and what follows waits for it', async () => {
    const ok = { key: 'blocks', type: 'Insisted' } as const;
    await cluster.sendAll([ok, { ...ok, mode: 'fail', amount: 5 }, ok]);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect((await effectsOf(cluster.database, 'blocks')).map(({ n, attempt }) => [n, attempt])).toEqual([
      [1, 1],
      [2, 6],
      [3, 1],
    ]);
  });

  it('block: even poison is tried again', async () => {
    const ok = { key: 'poisoned', type: 'Insisted' } as const;
    const [poison = ''] = await cluster.sendAll([{ ...ok, mode: 'poison' }, ok]);
    await eventually(
      async () =>
        (await cluster.database.query('SELECT 1 FROM attempted WHERE message_id = $1', [poison])).length > 4,
      { what: 'more attempts than the policy has' },
    );
    expect((await checkLedger(cluster.database)).lost).toEqual(['poisoned#1', 'poisoned#2']);
    expect(await numbersOf('poisoned')).toEqual([]);
  });
});

describe('a service with another partition count', () => {
  it('refuses to boot, naming both counts', async () => {
    const instance = cluster.launch('of-8', { options: { partitions: 8 } });
    expect(await instance.exited).toBe(1);
    const error = instance.lineOf('boot failed')?.['error'];
    expect(error).toMatch(/\b16\b/);
    expect(error).toMatch(/\b8\b/);
  });
});
