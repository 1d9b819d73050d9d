import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { BrokerView } from './harness/broker-view.test-support.ts';
import {
  type Cluster,
  keysOf,
  type NatsNode,
  startReplicatedCluster,
} from './harness/cluster.test-support.ts';
import { INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { lastElection } from './harness/elections.test-support.ts';
import { paceSince } from './harness/pace.test-support.ts';
import { report } from './harness/report.test-support.ts';
import { rounds } from './harness/rounds.test-support.ts';

/** Wherever a leader hands over, or one follows at once. */
const GOES_ON_MS = 10_000;
/**
 * After a kill nats-server waits by itself for 4 to 9 s, longer on a busy machine, before it elects another leader of each
 * stream and consumer. This is what we may add to that.
 */
const AFTER_ELECTION_MS = 5_000;
const KEYS = keysOf(32);
const ROUNDS = rounds(1, 3);

let cluster: Cluster;
let broker: BrokerView;
let load: Load;
let since: Date;

beforeAll(async () => {
  cluster = await startReplicatedCluster({ options: { leaseMs: 1_000 } });
  broker = await BrokerView.open(cluster);
  await Promise.all([cluster.start('a'), cluster.start('b')]);
  await cluster.balanced('a', 'b');
});

beforeEach(async () => {
  await broker.caughtUp();
  since = new Date();
  load = new Load(cluster, { keys: KEYS, perSecond: 200 });
  await flows();
});

afterEach(() => cluster.quieten());

afterAll(async () => {
  await broker.close();
  await cluster.close();
});

/** Waits until a message of each key that is sent now has taken effect; returns when the last of them did. */
async function flows(): Promise<Date> {
  const ids = await cluster.sendAll(KEYS.map((key) => ({ key })));
  const sql = 'SELECT count(*)::int AS count, max(at) AS at FROM ledger WHERE message_id = ANY($1)';
  const last = async (): Promise<Date | false> => {
    const [row] = await cluster.database.query<{ count: number; at: Date }>(sql, [ids]);
    return row?.count === ids.length && row.at;
  };
  return await eventually(last, { what: 'every key flows' });
}

/** Nothing lost, doubled or out of order. Returns the longest time that something waited. */
async function intact(what: string): Promise<number> {
  await load.stop();
  expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
  const { waitedMs, stoodStillMs } = await paceSince(cluster.database, since);
  report(`${what}: longest way from the outbox to the effect, longest time without any effect (ms)`, [
    waitedMs,
    stoodStillMs,
  ]);
  return Math.max(waitedMs, stoodStillMs);
}

async function killAndRestart(node: NatsNode): Promise<void> {
  const killedAt = new Date();
  await node.kill();
  const goesOnAt = await flows();
  const others = cluster.nodes.filter((each) => each !== node);
  const electedAt = await lastElection(others, killedAt, goesOnAt);
  const afterElectionMs = goesOnAt.getTime() - electedAt.getTime();
  report('killed: until the last election, from there until every key goes on (ms)', [
    electedAt.getTime() - killedAt.getTime(),
    afterElectionMs,
  ]);
  // Before anything may fail: the next test needs three nodes.
  await node.restart();
  await broker.caughtUp();
  await flows();
  expect(afterElectionMs).toBeLessThan(busyBound(AFTER_ELECTION_MS));
}

describe('under load, a cluster of three brokers', () => {
  it('loses no message and no order when a node that does not lead the stream is killed and comes back', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const leader = await broker.streamLeader();
      const other = cluster.nodes.find((node) => node.name !== leader) ?? cluster.nats;
      await killAndRestart(other);
    }
    await intact('a follower killed');
  });

  it('loses no message and no order when the leader of the stream is killed and comes back', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await killAndRestart(broker.nodeNamed(await broker.streamLeader()));
    }
    await intact('the leader killed');
  });

  it('loses no message and no order when the leader of the stream steps down', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      // Enough for some to be under way at that moment.
      const sending = cluster.sendMany(1_000, KEYS);
      await broker.stepDownStream();
      await sending;
      await flows();
    }
    expect(await intact('the leader of the stream stepped down')).toBeLessThan(busyBound(GOES_ON_MS));
  });

  it('loses no message and no order when the leaders of all consumers step down', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await broker.stepDownConsumers();
      await flows();
    }
    expect(await intact('the leaders of the consumers stepped down')).toBeLessThan(busyBound(GOES_ON_MS));
  });

  it('loses no message and no order when all nodes are restarted one after the other', async () => {
    for (const node of cluster.nodes) {
      await node.restart();
      await broker.caughtUp();
      await flows();
    }
    expect(await intact('a rolling restart')).toBeLessThan(busyBound(GOES_ON_MS));
  });
});
