import { startPostgres } from '@orderflow/embedded';
import type { ServerStarter } from './server-kind.ts';

/** With fsync, as in production. The cluster is made once a run; each turn gets a database of its own. */
export const postgresServer: ServerStarter = {
  kind: 'postgres',
  missing: () => undefined,
  async start(directory) {
    const server = await startPostgres({ directory, keep: true });
    return {
      version: '18',
      addresses: async (turnId) => ({ postgres: await server.createDatabase(`bench_${turnId}`) }),
      stop: () => server.stop(),
    };
  },
};
