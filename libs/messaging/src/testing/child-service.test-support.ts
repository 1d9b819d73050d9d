// A process of its own, for what only a process can show: that it ends by itself. Started by lifecycle.int.spec.ts with
// the addresses of NATS and PostgreSQL.
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Database } from '@orderflow/database';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { connectMessaging } from '../nest/connect-messaging.ts';
import { MessagingModule } from '../nest/messaging.module.ts';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Counted, COUNTS } from './harness.test-support.ts';

const [natsUrl = '', databaseUrl = ''] = process.argv.slice(2);
const database = new Database({ url: databaseUrl, applicationName: 'child' });
const handled = Promise.withResolvers<void>();

@Controller()
class ChildLedger {
  @Subscribe(Counted)
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): void {
    if (event.n === 1 && delivery.attempt === 1) handled.resolve();
  }
}

@Module({
  imports: [
    MessagingModule.forRoot({
      service: 'child',
      instance: 'child',
      natsServers: [natsUrl],
      database,
      streams: [COUNTS],
      contracts: [Counted],
    }),
  ],
  controllers: [ChildLedger],
})
class ChildModule {}

const app = await NestFactory.create(ChildModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
connectMessaging(app);
await app.listen(0, '127.0.0.1');
await app.startAllMicroservices();
await database.transaction((tx) =>
  app.get(Outbox).add(tx, contract(Counted, { userId: 'u1', n: 1, mode: 'ok' })),
);
await handled.promise;
await app.close();
await database.close();
process.stdout.write('closed\n');
