import { Module, type DynamicModule } from '@nestjs/common';
import { pathToFileURL } from 'node:url';
import { allContracts, ORDERS } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { Outbox } from '@orderflow/messaging';
import { readConfig, ServiceConfig, ServiceModule, startService } from '@orderflow/service';
import { freshDatabase, temporaryDirectory } from '@orderflow/testing';

@Module({})
class OrderSideModule {
  static forRoot(config: ServiceConfig, migrations: URL): DynamicModule {
    return {
      module: OrderSideModule,
      imports: [
        ServiceModule.forRoot({
          name: 'order',
          config,
          migrations,
          streams: [ORDERS],
          contracts: allContracts,
        }),
      ],
    };
  }
}

export interface OrderSide {
  /** Publishes facts as the order service does: through an outbox of its own. */
  publish(...events: object[]): Promise<void>;
  close(): Promise<void>;
}

/** Stands where the order service stands: owns ORDERS and publishes to it. It decides nothing. */
export async function startOrderSide(natsUrl: string): Promise<OrderSide> {
  const database = await freshDatabase('order_side');
  const noMigrations = await temporaryDirectory('no-migrations');
  const migrations = pathToFileURL(`${noMigrations.path}/`);
  const env = {
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: database.url,
    NATS_SERVERS: natsUrl,
    INSTANCE: 'order-side',
  };
  const app = await startService({
    name: 'order',
    config: readConfig(ServiceConfig, env),
    module: (config) => OrderSideModule.forRoot(config, migrations),
  });
  return {
    publish: async (...events) => {
      await app.get(Database).transaction((tx) => app.get(Outbox).add(tx, events));
    },
    close: async () => {
      await app.close();
      await noMigrations.remove();
      await database.drop();
    },
  };
}
