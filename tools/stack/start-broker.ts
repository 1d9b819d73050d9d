import path from 'node:path';
import { natsClusterNodes, type NatsOptions, startNats } from '@orderflow/embedded';
import type { EmbeddedStack } from './embedded-stack.ts';
import { planServer } from './server-plan.ts';
import { labelOf, type StackPaths } from './stack-layout.ts';
import type { StackOptions } from './stack-options.ts';

/** @returns the addresses of one nats-server, or of three that form a cluster, each supervised by itself */
export async function startBroker(
  stack: EmbeddedStack,
  paths: StackPaths,
  options: StackOptions,
): Promise<string[]> {
  const port = options.ports?.nats;
  const first = port === undefined ? {} : { port };
  if ((options.natsNodes ?? 1) === 1)
    return [await startNode(stack, 'nats', { directory: paths.nats, ...first })];
  // Side by side: a node is ready when the cluster has a leader.
  const nodes = await natsClusterNodes(options.natsNodes ?? 1);
  const starts = await Promise.allSettled(
    nodes.map((node, at) => {
      const label = labelOf('nats', at + 1);
      const directory = path.join(paths.natsCluster, label);
      return startNode(stack, label, { ...node, directory, ...(at === 0 ? first : {}) });
    }),
  );
  // Not before each has ended its start: one that is under way could not be stopped.
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
}

async function startNode(stack: EmbeddedStack, label: string, node: NatsOptions): Promise<string> {
  let url = '';
  const plan = planServer(label, async () => {
    const server = await startNats(node);
    ({ url } = server);
    return server;
  });
  await stack.start('nats', plan, () => ({ url, log: path.join(node.directory, 'nats-server.log') }));
  return url;
}
