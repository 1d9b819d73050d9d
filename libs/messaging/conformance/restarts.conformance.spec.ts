import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { COUNTS } from './harness/ledger-events.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { inFull, rounds } from './harness/rounds.test-support.ts';

const KEYS = keysOf(24);

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
});

afterEach(() => cluster.close());

async function handled(count: number): Promise<void> {
  await eventually(
    async () => {
      const [row] = await cluster.database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM ledger',
      );
      return (row?.count ?? 0) >= count;
    },
    { what: `${count} effects`, timeoutMs: 120_000 },
  );
}

/** How many messages the stream stores, and how many ids. */
async function stored(): Promise<{ messages: number; ids: number }> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    const manager = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
    const { state } = await manager.streams.info(COUNTS.name);
    const rows = await cluster.database.query<{ ids: number }>(
      'SELECT count(DISTINCT sequence)::int AS ids FROM messaging.published WHERE stream = $1',
      [COUNTS.name],
    );
    return { messages: state.messages, ids: rows[0]?.ids ?? 0 };
  } finally {
    await connection.close();
  }
}

describe('batches with the instance restarted between each', () => {
  it('are handled once, all of them', async () => {
    const [batches, size] = [rounds(3, 5), rounds(400, 1_000)];
    let instance = await cluster.start('a');
    for (let batch = 1; batch <= batches; batch++) {
      await cluster.sendMany(size, KEYS);
      // In the middle of its work, by turns in order and at once.
      await handled((batch - 1) * size + 1);
      await (batch % 2 === 1 ? instance.kill() : instance.stop());
      instance = await cluster.start('a');
    }
    expect(await verdict(cluster.database)).toEqual(INTACT);
    await handled(batches * size);
  });
});

describe('a broker that is restarted at one third and at one half of the load', () => {
  it('has every acknowledged publish handled once', async () => {
    const count = rounds(1_500, 10_000);
    await cluster.start('a');
    // Steadily: what is sent at once is published before the broker is killed.
    const load = new Load(cluster, { keys: KEYS, perSecond: 1_000 });
    const sent = (share: number): Promise<boolean> =>
      eventually(() => load.sent >= share, { what: `${share} messages are sent`, timeoutMs: 120_000 });
    for (const share of [count / 3, count / 2]) {
      await sent(share);
      await cluster.nats.kill('SIGKILL');
      await cluster.nats.restart();
    }
    await sent(count);
    await load.stop();
    expect(await verdict(cluster.database, 120_000)).toEqual(INTACT);
    await handled(count);
  });
});

// Quickly: publisher-outage.int.spec.ts, "is asked again after the time-out, and stores the message once".
describe('publishes that time out and are sent again', () => {
  inFull('are stored once and handled once', async () => {
    await cluster.start('a');
    const before = performance.now();
    process.kill(cluster.nats.pid, 'SIGSTOP');
    try {
      await cluster.sendMany(500, KEYS);
      await eventually(() => performance.now() - before > 12_000, {
        what: 'two time-outs',
      });
    } finally {
      process.kill(cluster.nats.pid, 'SIGCONT');
    }
    expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
    expect(await stored()).toEqual({ messages: 500, ids: 500 });
  });
});
