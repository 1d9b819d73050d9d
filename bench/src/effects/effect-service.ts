import { connectMessaging, MessagingModule, type StreamDefinition } from '@orderflow/messaging';
import { type INestApplication, Module, type Provider, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Database } from '@orderflow/database';
import { EFFECTS, Happened } from './effect-event.ts';

/** More than any workload stores. The server reserves that much disk. */
const STREAM_MAX_BYTES = 10_737_418_240;

export interface EffectService {
  readonly nats: string;
  readonly database: Database;
  /** What it handles, and of which stream. Default `Happened`, of `EFFECTS`. */
  readonly contract?: Type;
  readonly stream?: StreamDefinition;
  /** Controller with the handler. */
  readonly handler: Type;
  readonly providers: Provider[];
  /** Default `bench`; of several instances each has its own. */
  readonly instance?: string;
  /** What the log shows. Default warnings and errors; to lose an instance on purpose is worth no warning. */
  readonly logged?: ('error' | 'warn')[];
}

/** A service with one handler, connected, its stream there. It takes no message before `startAllMicroservices()`. */
export async function bootEffectService(service: EffectService): Promise<INestApplication> {
  const { nats, database, handler, providers, instance = 'bench', logged = ['error', 'warn'] } = service;
  const { stream = EFFECTS, contract = Happened } = service;
  const messaging = MessagingModule.forRoot({
    service: 'bench',
    instance,
    natsServers: [nats],
    database,
    streams: [stream],
    contracts: [contract],
    streamMaxBytes: STREAM_MAX_BYTES,
  });

  @Module({ imports: [messaging], controllers: [handler], providers })
  class EffectsModule {}

  const app = await NestFactory.create(EffectsModule, new FastifyAdapter(), { logger: logged });
  connectMessaging(app);
  await app.init();
  return app;
}
