import { freePorts } from '../free-port.ts';
import type { NatsOptions } from './nats.launcher.ts';

export type NatsNode = Required<Pick<NatsOptions, 'serverName' | 'config' | 'clustered'>>;

/**
 * What each server of a JetStream cluster on this machine is started with, by `startNats`, each in a folder of its own.
 * The first is named `nats`, the others `nats-2`, `nats-3` ...: as leader and replica in what the broker says of itself.
 *
 * To be started side by side: a server is healthy once the cluster has a leader, which takes more than half of them.
 * The ports of the routes are picked here, and the same for as long as the servers are restarted; nothing reserves them.
 */
export async function natsClusterNodes(count: number): Promise<NatsNode[]> {
  const ports = await freePorts(count);
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  return ports.map((port, at) => ({
    serverName: at === 0 ? 'nats' : `nats-${at + 1}`,
    clustered: true,
    config: [
      'cluster {',
      '  name: "orderflow"',
      `  listen: "127.0.0.1:${port}"`,
      `  routes: [${routes}]`,
      // One connection between two servers is enough here; the default is a pool of three.
      '  pool_size: 1',
      '}',
    ].join('\n'),
  }));
}
