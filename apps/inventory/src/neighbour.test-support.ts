import { pathToFileURL } from 'node:url';
import { allContracts } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { Outbox, type StreamDefinition } from '@orderflow/messaging';
import { readConfig, ServiceConfig, ServiceModule, startService } from '@orderflow/service';
import { freshDatabase, temporaryDirectory } from '@orderflow/testing';

/** Stands where another service does: owns its stream and publishes facts to it through a real outbox. */
export interface Neighbour {
  publish(...events: object[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startNeighbour(stream: StreamDefinition, natsUrl: string): Promise<Neighbour> {
  const [fresh, folder] = await Promise.all([freshDatabase(stream.owner), temporaryDirectory('neighbour')]);
  const config = readConfig(ServiceConfig, {
    PORT: '0',
    DATABASE_URL: fresh.url,
    NATS_SERVERS: natsUrl,
    LOG_LEVEL: 'silent',
  });
  const migrations = pathToFileURL(`${folder.path}/`);
  const module = ServiceModule.forRoot({
    name: stream.owner,
    config,
    migrations,
    streams: [stream],
    contracts: allContracts,
  });
  const app = await startService({ name: stream.owner, config, module: () => module });
  const [database, outbox] = [app.get(Database), app.get(Outbox)];
  return {
    publish: (...events) =>
      database.transaction(async (tx) => {
        await outbox.add(tx, events);
      }),
    stop: async () => {
      await app.close();
      await Promise.all([fresh.drop(), folder.remove()]);
    },
  };
}
