import { type DynamicModule, Module } from '@nestjs/common';
import { Database, type MigrationSet } from '@orderflow/database';
import {
  type ContractClass,
  MessagingAdminModule,
  MessagingModule,
  type StreamDefinition,
} from '@orderflow/messaging';
import type { ServiceConfig } from './config/service.config.ts';
import { DatabaseModule } from './database/database.module.ts';
import { ServiceHealthModule } from './health/service-health.module.ts';
import { AnswerPruner } from './idempotency/answer-pruner.ts';
import { idempotencyMigrations } from './idempotency/idempotent.ts';
import { ProcessState } from './process/process-state.ts';
import { ServiceMetricsModule } from './metrics/service-metrics.module.ts';

export interface ServiceModuleOptions {
  /** `order`: names the service in the broker and in the database. */
  name: string;
  config: ServiceConfig;
  /** Folder of the service's own SQL: `new URL('../migrations/', import.meta.url)`. */
  migrations: URL;
  /** The streams that this service owns. */
  streams: StreamDefinition[];
  /** Every contract of those streams. */
  contracts: readonly ContractClass[];
}

/**
 * What every service imports once, in its `AppModule`: the `Database`, migrated before anything else starts and closed
 * after everything else, the messaging module, health, metrics, and what operators need (unless configured otherwise). `Database` and `Outbox`
 * can be injected everywhere.
 */
@Module({})
export class ServiceModule {
  static forRoot({ name, config, migrations, streams, contracts }: ServiceModuleOptions): DynamicModule {
    const sets: MigrationSet[] = [idempotencyMigrations, { name, directory: migrations }];
    return {
      module: ServiceModule,
      // The order matters: see DatabaseModule.
      imports: [
        DatabaseModule.forRoot({
          url: config.databaseUrl,
          applicationName: `orderflow-${name}`,
          migrations: sets,
        }),
        MessagingModule.forRootAsync({
          inject: [Database, ProcessState],
          useFactory: (database: Database, state: ProcessState) => ({
            service: name,
            natsServers: config.natsServers,
            ...(config.natsUser === ''
              ? {}
              : { natsAccess: { user: config.natsUser, pass: config.natsPassword } }),
            database,
            streams,
            contracts,
            instance: config.instance,
            provision: config.provision,
            replicas: config.replicas,
            maxLagMessages: config.maxLagMessages,
            drainDeadlineMs: config.drainDeadlineMs,
            streamMaxBytes: config.streamMaxBytes,
            bootTimeoutMs: config.bootTimeoutMs,
            intake: config.intake,
            relay: config.relay,
            signal: state.stopRequested,
          }),
        }),
        ServiceHealthModule,
        ServiceMetricsModule,
        ...(config.messagingAdmin ? [MessagingAdminModule] : []),
      ],
      providers: [AnswerPruner],
    };
  }
}
