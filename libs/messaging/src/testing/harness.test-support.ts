import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Global, Module, type Type } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Database, type DatabaseOptions } from '@orderflow/database';
import { ANSWER_PATIENCE_MS, freshDatabase, PATIENCE_MS, storedAgain, testNats } from '@orderflow/testing';
import { IsIn, IsInt, IsString } from 'class-validator';
import { Contract } from '../contract/contract.ts';
import { defineStream, type StreamDefinition } from '../contract/stream-definition.ts';
import { connectMessaging } from '../nest/connect-messaging.ts';
import { MessagingModule } from '../nest/messaging.module.ts';
import type { MessagingOptions } from '../runtime/options.ts';
import { Outbox } from '../outbox/outbox.ts';

export const COUNTS = defineStream({ name: 'COUNTS', prefix: 'count', owner: 'ledger' });

/** A message with a counter of its key, from which order, loss and double effect are read. */
@Contract<Counted>({
  stream: COUNTS,
  event: 'counted',
  version: 1,
  key: (event) => event.userId,
  example: { userId: 'u1', n: 1, mode: 'ok' },
})
export class Counted {
  @IsString()
  userId!: string;

  @IsInt()
  n!: number;

  @IsIn(['ok', 'fail', 'fail-once', 'poison', 'slow'])
  mode!: 'ok' | 'fail' | 'fail-once' | 'poison' | 'slow';
}

export const LEDGER = `
  CREATE TABLE IF NOT EXISTS ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL, n int NOT NULL, message_id text NOT NULL, attempt int NOT NULL)`;

export interface TestService {
  readonly app: INestApplication;
  readonly database: Database;
  readonly databaseUrl: string;
  publish(event: object): Promise<void>;
  stop(): Promise<void>;
}

export interface ServiceSpec {
  name: string;
  controllers: Type[];
  imports?: Type[];
  streams: StreamDefinition[];
  databaseUrl?: string;
  options?: Partial<MessagingOptions>;
  idleInTransactionTimeoutMs?: number;
  /** Limits of the service's database. */
  limits?: Pick<DatabaseOptions, 'statementTimeoutMs' | 'queryTimeoutMs'>;
}

export interface TestBrokers {
  readonly nats: Awaited<ReturnType<typeof testNats>>;
  startService(spec: ServiceSpec): Promise<TestService>;
  /** Deletes streams, so that the next test starts with none. */
  forget(...streams: (StreamDefinition | string)[]): Promise<void>;
  /** Has a stream store a message once more whose id it knows: publishes until `publish` answers true, for stored. */
  storeAgain(stream: StreamDefinition, publish: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

/** A nats-server of its own; each service gets a database of its own unless it is given one. */
export async function startBrokers(): Promise<TestBrokers> {
  const nats = await testNats();
  const drops: (() => Promise<void>)[] = [];
  return {
    nats,
    startService: async (spec) => {
      const fresh = spec.databaseUrl === undefined ? await freshDatabase() : undefined;
      if (fresh !== undefined) drops.push(() => fresh.drop());
      return await startService(spec, nats.url, spec.databaseUrl ?? fresh?.url ?? '');
    },
    forget: async (...streams) => {
      const connection = await connect({ servers: nats.url });
      const manager = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
      for (const stream of streams)
        await manager.streams.delete(typeof stream === 'string' ? stream : stream.name);
      await connection.close();
    },
    storeAgain: async (stream, publish) => {
      const connection = await connect({ servers: nats.url });
      try {
        const manager = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
        await storedAgain(manager, stream.name, publish);
      } finally {
        await connection.close();
      }
    },
    stop: async () => {
      await nats.stop();
      for (const drop of drops) await drop();
    },
  };
}

export async function startService(spec: ServiceSpec, natsUrl: string, url: string): Promise<TestService> {
  const { idleInTransactionTimeoutMs = PATIENCE_MS } = spec;
  const database = new Database({
    url,
    applicationName: spec.name,
    idleInTransactionTimeoutMs,
    ...spec.limits,
  });
  await database.query(LEDGER);
  const { name, streams } = spec;
  const options = {
    service: name,
    instance: name,
    natsServers: [natsUrl],
    database,
    streams,
    contracts: [Counted],
    ...spec.options,
  };

  @Global()
  @Module({ providers: [{ provide: Database, useValue: database }], exports: [Database] })
  class DatabaseOfTest {}

  const module = await Test.createTestingModule({
    imports: [DatabaseOfTest, MessagingModule.forRoot(options), ...(spec.imports ?? [])],
    controllers: spec.controllers,
  }).compile();
  const app = module.createNestApplication(new FastifyAdapter());
  connectMessaging(app);
  await app.init();
  await app.startAllMicroservices();
  const outbox = app.get(Outbox);
  return {
    app,
    database,
    databaseUrl: url,
    publish: async (event) => {
      await database.transaction((tx) => outbox.add(tx, event));
    },
    stop: async () => {
      await app.close();
      await database.close();
    },
  };
}
