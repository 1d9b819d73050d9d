import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { type Cluster, startCluster } from './harness/cluster.test-support.ts';
import { startLedger } from './harness/ledger-app.test-support.ts';
import { effectOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ options: { leaseMs: 1_000 } });
});

afterAll(() => cluster.close());

interface Begun {
  instance: string;
  at: Date;
}

/** The n-th attempt at a message, once it has begun. */
async function begun(messageId: string, nth = 1): Promise<Begun> {
  return await eventually(
    async () => {
      const sql = 'SELECT instance, at FROM attempted WHERE message_id = $1 ORDER BY id';
      return (await cluster.database.query<Begun>(sql, [messageId]))[nth - 1];
    },
    { what: `attempt ${nth} at the message begins` },
  );
}

describe('SIGTERM', () => {
  it.each(['Counted', 'Called'] as const)('waits for the handler that runs (%s)', async (type) => {
    const instance = await cluster.start(`waits-${type}`.toLowerCase());
    const id = await cluster.send('waits', { type, mode: 'slow', amount: 800 });
    await begun(id);
    expect(await instance.stop()).toBe(0);
    const sql = 'SELECT attempt, owner = instance AS held FROM ledger WHERE message_id = $1';
    // Until then it holds the lease.
    expect(await cluster.database.query(sql, [id])).toEqual([{ attempt: 1, held: true }]);
  });

  it('turns readiness false and leaves liveness alone while it drains', async () => {
    const instance = await cluster.start('drains');
    const id = await cluster.send('drains', { type: 'Called', mode: 'slow', amount: 1_500 });
    await begun(id);
    await eventually(async () => (await instance.ready()).status === 200, { what: 'ready' });
    instance.terminate();
    await eventually(async () => (await instance.ready()).status === 503, { what: 'not ready' });
    expect((await instance.ready()).body).toContain('draining');
    expect(await instance.live()).toMatchObject({ status: 200 });
    expect(await instance.exited).toBe(0);
    await effectOf(cluster.database, id);
  });

  it('gives back at once what outlasts the deadline, and another instance handles it', async () => {
    const options = { drainDeadlineMs: 300 };
    const both = await Promise.all(['one', 'other'].map((name) => cluster.start(name, { options })));
    await cluster.balanced('one', 'other');
    const leaving = await cluster.ownerOf('back');
    const id = await cluster.send('back', { type: 'Called', mode: 'slow', amount: 2_500 });
    await cluster.send('back');
    await begun(id);
    const since = Date.now();
    leaving.terminate();
    const again = await begun(id, 2);
    expect(leaving.wrote(again)).toBe(false);
    // The deadline, and no lease that has to run out.
    expect(again.at.getTime() - since).toBeLessThan(busyBound(300 + 700));
    expect(await leaving.exited).toBe(0);
    expect(await verdict(cluster.database)).toEqual(INTACT);
    expect((await effectOf(cluster.database, id)).attempt).toBe(1);
    await Promise.all(both.map((instance) => instance.stop()));
  });

  it('a second time ends the process at once, and nothing is lost', async () => {
    const leaving = await cluster.start('twice');
    const id = await cluster.send('twice', { type: 'Called', mode: 'slow', amount: 1_500 });
    await begun(id);
    leaving.terminate();
    await eventually(() => leaving.lineOf('stopping'), { what: 'the first one is heeded' });
    const since = Date.now();
    leaving.terminate();
    expect(await leaving.exited).toBe(1);
    expect(Date.now() - since).toBeLessThan(busyBound(500));
    const next = await cluster.start('next');
    expect(await verdict(cluster.database)).toEqual(INTACT);
    await next.stop();
  });
});

describe('a process', () => {
  it('ends by itself when it has closed: nothing is left open', async () => {
    const instance = await cluster.start('closes');
    await effectOf(cluster.database, await cluster.send('closes'));
    // It calls no exit.
    expect(await instance.stop()).toBe(0);
    expect(instance.lineOf('stopped')).toBeDefined();
  });

  it('ends by itself when its boot fails', async () => {
    const instance = cluster.launch('refused', { options: { leaseMs: 1 } });
    expect(await instance.exited).toBe(1);
    expect(instance.lineOf('boot failed')?.['error']).toMatch(/leaseMs/);
  });

  it('can start the service again after it has stopped it', async () => {
    const quiet = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: () => undefined,
    };
    const { databaseUrl, nats } = cluster;
    for (const instance of ['one', 'two', 'three']) {
      const app = await startLedger({ instance, databaseUrl, natsUrl: nats.url }, quiet);
      await effectOf(cluster.database, await cluster.send('again'));
      await app.close();
    }
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});

describe('without a broker', () => {
  it('an instance is alive and not ready, and ready again when the broker is back', async () => {
    const instance = await cluster.start('cut-off');
    await eventually(async () => (await instance.ready()).status === 200, { what: 'ready' });
    await cluster.nats.kill();
    await eventually(async () => (await instance.ready()).status === 503, { what: 'not ready' });
    expect(await instance.live()).toMatchObject({ status: 200 });
    await cluster.nats.restart();
    await eventually(async () => (await instance.ready()).status === 200, { what: 'ready again' });
    await instance.stop();
  });
});
