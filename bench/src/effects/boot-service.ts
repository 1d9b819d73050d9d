import { connectMessaging, MessagingModule, type StreamDefinition } from '@orderflow/messaging';
import { type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Database } from '@orderflow/database';

export interface ServiceParts {
  readonly nats: string;
  readonly database: Database;
  readonly stream: StreamDefinition;
  readonly contract: Type;
  readonly handler: Type;
  /** What the handler counts with. */
  readonly counter: Type;
}

/** A service as an application has it, with one handler. It takes nothing in until `startAllMicroservices`. */
export async function bootService(parts: ServiceParts): Promise<INestApplication> {
  const messaging = MessagingModule.forRoot({
    service: 'bench',
    instance: 'bench',
    natsServers: [parts.nats],
    database: parts.database,
    streams: [parts.stream],
    contracts: [parts.contract],
  });

  @Module({ imports: [messaging], controllers: [parts.handler], providers: [parts.counter] })
  class EffectsModule {}

  const app = await NestFactory.create(EffectsModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
  connectMessaging(app);
  await app.init();
  return app;
}
