import { connectMessaging } from '../index.ts';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.test-support.ts';

/** Resolves when HTTP answers and messages are taken. */
export async function startDepot(config: {
  databaseUrl: string;
  natsServers: string[];
}): Promise<INestApplication> {
  const app = await NestFactory.create(AppModule.forRoot(config), new FastifyAdapter());
  app.enableShutdownHooks();
  connectMessaging(app);
  await app.listen(0);
  await app.startAllMicroservices();
  return app;
}
