import { freePort, startNats } from '@orderflow/embedded';
import { rm } from 'node:fs/promises';
import type { ServerStarter } from './server-kind.ts';

/** The server's own defaults, as in production: an acknowledged message is synced to disk within two minutes. */
export const natsServer: ServerStarter = {
  kind: 'nats',
  missing: () => undefined,
  async start(directory) {
    await rm(directory, { recursive: true, force: true });
    const profilePort = await freePort();
    const server = await startNats({ directory, keep: false, config: `prof_port: ${profilePort}` });
    const response = await fetch(`${server.monitorUrl}/varz`);
    const facts: unknown = await response.json();
    return {
      version: versionIn(facts),
      addresses: async () => ({
        nats: server.url,
        natsMonitor: server.monitorUrl,
        natsPid: String(server.pid),
        natsProfiler: `http://127.0.0.1:${profilePort}`,
      }),
      stop: () => server.stop(),
    };
  },
};

function versionIn(facts: unknown): string {
  if (typeof facts !== 'object' || facts === null || !('version' in facts)) return 'unknown';
  return String(facts.version);
}
