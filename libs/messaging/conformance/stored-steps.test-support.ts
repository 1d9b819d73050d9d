import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { eventually } from '@orderflow/testing';
import { RELAY_RESOURCE } from '../src/topology/resource.ts';
import type { Cluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { COUNTS, type Step } from './harness/ledger-events.test-support.ts';

export interface StoredStep {
  id: string;
  key: string;
  n: number;
}

async function connected<T>(cluster: Cluster, work: (client: JetStreamClient) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    return await work(jetstream(connection));
  } finally {
    await connection.close();
  }
}

/** Everything that the stream stores, in its order. */
export async function storedSteps(cluster: Cluster): Promise<StoredStep[]> {
  return await connected(cluster, async (client) => {
    const { state } = await (await client.jetstreamManager()).streams.info(COUNTS.name);
    const steps: StoredStep[] = [];
    if (state.messages === 0) return steps;
    const consumer = await client.consumers.get(COUNTS.name);
    const messages = await consumer.fetch({ max_messages: state.messages, expires: 10_000 });
    for await (const message of messages) {
      const { userId, n } = message.json<Step>();
      steps.push({ id: message.headers?.get('Nats-Msg-Id') ?? '', key: userId, n });
    }
    return steps;
  });
}

/** How many messages the stream stores. */
export async function storedCount(cluster: Cluster): Promise<number> {
  return await connected(cluster, async (client) => {
    const manager = await client.jetstreamManager();
    return (await manager.streams.info(COUNTS.name)).state.messages;
  });
}

export async function unpublished(cluster: Cluster): Promise<number> {
  const rows = await cluster.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM messaging.outbox',
  );
  return rows[0]?.count ?? 0;
}

/** The instance that publishes the outbox. */
export async function relayOwner(cluster: Cluster): Promise<Instance> {
  return await eventually(
    async () => {
      const [row] = await cluster.database.query<{ owner: string | null }>(
        'SELECT owner FROM messaging.ownership WHERE resource = $1',
        [RELAY_RESOURCE],
      );
      return cluster.running.find((instance) => instance.wrote({ instance: row?.owner ?? '' }));
    },
    { what: 'somebody publishes the outbox' },
  );
}
