import { natsClusterNodes, type NatsProcess } from '@orderflow/embedded';
import { testNats } from './test-nats.ts';

/** Servers of the caller's own that form a JetStream cluster with a leader, each in a temporary folder. */
export async function testNatsCluster(count: number): Promise<NatsProcess[]> {
  const starts = await Promise.allSettled((await natsClusterNodes(count)).map((node) => testNats(node)));
  const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  if (nodes.length === count) return nodes;
  await Promise.all(nodes.map((node) => node.stop()));
  const failed = starts.find((start) => start.status === 'rejected');
  throw new Error('A server of the cluster did not start', { cause: failed?.reason });
}
