import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually, temporaryDirectory, testPostgres } from '@orderflow/testing';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, INTACT, nothingParked, settled, verdict } from './harness/ledger-check.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { inFull, rounds } from './harness/rounds.test-support.ts';

const KEYS = keysOf(16);

let cluster: Cluster;

async function twoInstances(databaseUrl?: string): Promise<void> {
  cluster = await startCluster({
    ...(databaseUrl !== undefined && { databaseUrl }),
    options: { leaseMs: 600 },
  });
  await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
  await cluster.balanced('a', 'b');
}

/** Where the broker keeps its streams. */
function storeOf({ nats }: Cluster): string {
  return path.join(path.dirname(nats.logFile), 'store');
}

/** Waits until the load has sent this many more; a busy machine sends slowly. */
async function more(load: Load, count: number): Promise<void> {
  const before = load.sent;
  const timeoutMs = 30_000 + 5 * count;
  await eventually(() => load.sent >= before + count, { what: `${count} more messages`, timeoutMs });
}

async function everybodyReady(): Promise<void> {
  const ready = async (): Promise<boolean> => {
    const answers = await Promise.all(cluster.running.map((instance) => instance.ready()));
    return answers.every(({ status }) => status === 200);
  };
  await eventually(ready, { what: 'all are ready' });
}

async function withManager(
  work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<unknown>,
): Promise<void> {
  const connection = await connect({ servers: cluster.nats.url });
  await work(await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS }));
  await connection.close();
}

/** Messages in the stream now. */
async function stored(): Promise<number> {
  let messages = 0;
  await withManager(async (manager) => {
    messages = (await manager.streams.info('COUNTS')).state.messages;
  });
  return messages;
}

/**
 * How many messages, of those sent since then, the relay has noted as stored behind this sequence. What it had not noted before
 * the broker went away it publishes again anyway.
 */
async function notedBehind(sequence: number, moment: Date): Promise<number> {
  const [row] = await cluster.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM messaging.published JOIN sent USING (message_id)
     WHERE sent_at >= $1 AND sequence > $2`,
    [moment, sequence],
  );
  return row?.count ?? 0;
}

async function sentSince(moment: Date): Promise<number> {
  const [row] = await cluster.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM sent WHERE sent_at >= $1',
    [moment],
  );
  return row?.count ?? 0;
}

describe('nothing is lost, doubled or out of order', () => {
  describe('when the broker', () => {
    beforeAll(() => twoInstances());
    afterEach(() => cluster.quieten());
    afterAll(() => cluster.close());

    it('is gone for a while and comes back', async () => {
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 200);
      await cluster.nats.kill();
      await more(load, rounds(300, 20_000));
      await cluster.nats.restart();
      await more(load, 100);
      await load.stop();
      expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
      await everybodyReady();
    });

    it('comes back with an empty store', async () => {
      const since = new Date();
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 200);
      await cluster.nats.kill();
      await rm(storeOf(cluster), { recursive: true });
      await more(load, 50);
      await cluster.nats.restart();
      await more(load, 100);
      await load.stop();
      expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
      expect(await stored()).toBeGreaterThanOrEqual(await sentSince(since));
      await everybodyReady();
    });

    it('is restored from an older copy of its store', async () => {
      const copy = await temporaryDirectory('older-store');
      const [since, before] = [new Date(), await stored()];
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 200);
      await cluster.nats.kill('SIGTERM');
      await cp(storeOf(cluster), copy.path, { recursive: true });
      await cluster.nats.restart();
      const copied = await stored();
      const notedMore = async (): Promise<boolean> => (await notedBehind(copied, since)) >= 100;
      await eventually(notedMore, {
        what: 'the relay notes messages that the copy lacks',
      });
      await cluster.nats.kill();
      await rm(storeOf(cluster), { recursive: true });
      await cp(copy.path, storeOf(cluster), { recursive: true });
      await more(load, 50);
      await cluster.nats.restart();
      await more(load, 100);
      await load.stop();
      expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
      // What the broker forgot is in it again: whether it had been handled or not, others may still want it.
      expect(await stored()).toBeGreaterThanOrEqual(before + (await sentSince(since)));
      await copy.remove();
    });

    it('loses consumers under running instances', async () => {
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 100);
      await withManager(async (manager) => {
        for (const partition of ['00', '05', '10', '15'])
          await manager.consumers.delete('COUNTS', `ledger-COUNTS-${partition}`);
        for await (const consumer of manager.consumers.list('COUNTS'))
          await manager.consumers.delete('COUNTS', consumer.name);
      });
      await more(load, 100);
      await load.stop();
      expect(await verdict(cluster.database)).toEqual(INTACT);
      await everybodyReady();
    });

    it('loses the stream under running instances', async () => {
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 100);
      await withManager((manager) => manager.streams.delete('COUNTS'));
      await more(load, 100);
      await load.stop();
      expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
      await effectOf(cluster.database, await cluster.send('user-1'));
      await everybodyReady();
    });
  });

  inFull('when the database is away for a while', async () => {
    const postgres = await testPostgres();
    try {
      await twoInstances(await postgres.createDatabase('ledger'));
      const load = new Load(cluster, { keys: KEYS });
      await more(load, 200);
      const [slow = ''] = await cluster.sendAll([
        { key: 'user-1', type: 'Called', mode: 'slow', amount: 1_000 },
        { key: 'user-1' },
      ]);
      const runs = async (): Promise<boolean> =>
        (await cluster.database.query('SELECT 1 FROM attempted WHERE message_id = $1', [slow])).length > 0;
      await eventually(runs, { what: 'the slow one runs' });
      await postgres.kill();
      const unready = async (): Promise<boolean> => (await cluster.running[0]?.ready())?.status === 503;
      await eventually(unready, { what: 'an instance is not ready' });
      expect(await cluster.running[0]?.live()).toMatchObject({ status: 200 });
      const paused = (): boolean =>
        cluster.running.some((instance) => instance.lineOf('Message handling pauses: database unavailable'));
      await eventually(paused, { what: 'handling pauses' });
      await postgres.restart();
      await more(load, 200);
      await load.stop();
      await settled(cluster.database, 60_000);
      expect(await verdict(cluster.database)).toEqual(INTACT);
      await everybodyReady();
      await nothingParked(cluster.database);
    } finally {
      await cluster.close();
      await postgres.stop();
    }
  });
});
