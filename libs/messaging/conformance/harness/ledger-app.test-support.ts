import { Controller, Get, Global, Inject, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HealthCheckService, type HealthCheckResult, TerminusModule } from '@nestjs/terminus';
import {
  connectMessaging,
  type ContractClass,
  type Log,
  MessagingHealth,
  MessagingModule,
  type MessagingOptions,
  type StreamDefinition,
} from '../../src/index.ts';
import { MessagingRuntime } from '../../src/runtime/messaging-runtime.ts';
import { type Breakage, breakLibrary } from './broken-library.test-support.ts';
import { CrashingDatabase } from './crashing-database.test-support.ts';
import { COUNTS, STEP_TYPES } from './ledger-events.test-support.ts';
import { LedgerHandlers, LedgerIdentity } from './ledger-handlers.test-support.ts';

/** What an instance is told; travels as JSON. */
export interface LedgerConfig {
  instance: string;
  databaseUrl: string;
  /** Of several nodes: separated by commas. */
  natsUrl: string;
  /** Default `ledger`. Another one is another service: it needs a database of its own and owns no stream. */
  service?: string;
  options?: Partial<
    Pick<
      MessagingOptions,
      | 'leaseMs'
      | 'partitions'
      | 'drainDeadlineMs'
      | 'provision'
      | 'bootTimeoutMs'
      | 'replicas'
      | 'streamMaxBytes'
    >
  >;
  breakage?: Breakage;
  /** Idle time after which the server ends a session inside a transaction. */
  idleInTransactionTimeoutMs?: number;
  /** URL of a module with a `LedgerExtension` named `extension`. */
  extension?: string;
}

/** More handlers, contracts and streams for the instances of one spec file. */
export interface LedgerExtension {
  controllers: Type[];
  contracts: ContractClass[];
  streams: StreamDefinition[];
}

@Controller('health')
class Health {
  readonly #checks: HealthCheckService;
  readonly #messaging: MessagingHealth;

  constructor(
    @Inject(HealthCheckService) checks: HealthCheckService,
    @Inject(MessagingHealth) messaging: MessagingHealth,
  ) {
    this.#checks = checks;
    this.#messaging = messaging;
  }

  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<HealthCheckResult> {
    const messaging = this.#messaging;
    return await this.#checks.check([
      () => messaging.nats(),
      () => messaging.consumers(),
      () => messaging.leases(),
      () => messaging.relay(),
      () => messaging.lag(),
    ]);
  }
}

/** The whole service, started; its handlers get messages when this resolves. */
export async function startLedger(config: LedgerConfig, log: Log): Promise<NestFastifyApplication> {
  const { instance, databaseUrl: url, idleInTransactionTimeoutMs = 5_000 } = config;
  const database = new CrashingDatabase({ url, applicationName: instance, idleInTransactionTimeoutMs });
  if (config.breakage !== undefined) breakLibrary(config.breakage, database);
  const module = ledgerModule(config, { database, log, extension: await extensionOf(config) });
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.get(LedgerIdentity).instance = app.get(MessagingRuntime, { strict: false }).options.instance;
  try {
    connectMessaging(app);
    await app.listen(0, '127.0.0.1');
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

interface LedgerParts {
  database: CrashingDatabase;
  log: Log;
  extension: LedgerExtension;
}

function ledgerModule(config: LedgerConfig, { database, log, extension }: LedgerParts): Type {
  const { instance, natsUrl, options, service = 'ledger' } = config;
  const owned = service === COUNTS.owner ? [COUNTS] : [];
  const contracts = owned.length > 0 ? Object.values(STEP_TYPES) : [];

  @Global()
  @Module({ providers: [{ provide: CrashingDatabase, useValue: database }], exports: [CrashingDatabase] })
  class DatabaseModule {
    async onApplicationShutdown(): Promise<void> {
      await database.close();
    }
  }

  const messaging = MessagingModule.forRoot({
    service,
    instance,
    natsServers: natsUrl.split(','),
    database,
    log,
    streams: [...owned, ...extension.streams],
    contracts: [...contracts, ...extension.contracts],
    ...options,
  });

  @Module({
    imports: [TerminusModule.forRoot({ logger: false }), DatabaseModule, messaging],
    controllers: [Health, LedgerHandlers, ...extension.controllers],
    providers: [{ provide: LedgerIdentity, useValue: new LedgerIdentity(options?.partitions ?? 16) }],
  })
  class LedgerModule {}
  return LedgerModule;
}

async function extensionOf({ extension }: LedgerConfig): Promise<LedgerExtension> {
  if (extension === undefined) return { controllers: [], contracts: [], streams: [] };
  const module = (await import(extension)) as { extension: LedgerExtension };
  return module.extension;
}
