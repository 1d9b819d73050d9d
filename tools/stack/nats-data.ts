import { existsSync } from 'node:fs';
import { StackError } from './stack-error.ts';
import type { StackPaths } from './stack-layout.ts';
import type { NatsNodeCount } from './stack-options.ts';

/**
 * A single nats-server and a cluster keep streams in different ways: a cluster removes those that it does not know from its
 * folder. Starting beside them, with empty streams, would leave behind what nobody has handled yet.
 */
export function refuseOtherNatsNodes(
  { directory, nats, natsCluster }: StackPaths,
  nodes: NatsNodeCount,
): void {
  const [other, otherNodes] = nodes === 1 ? [natsCluster, 3] : [nats, 1];
  if (!existsSync(other)) return;
  throw new StackError({
    code: 'other_nats_nodes',
    message: `The streams in ${directory} are those of ${otherNodes === 1 ? 'one nats-server' : 'a cluster of three'}, and do not move.`,
    remedy: `Start with --nats-nodes ${otherNodes}, in another --directory, or with --fresh, which wipes all data.`,
  });
}
