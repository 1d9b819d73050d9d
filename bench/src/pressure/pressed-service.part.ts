import { Database } from '@orderflow/database';
import {
  connectMessaging,
  MessagingAdminModule,
  MessagingMetrics,
  MessagingModule,
  Outbox,
  type StoredFigures,
} from '@orderflow/messaging';
import { Controller, Get, Global, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { definePart } from '../part/protocol.ts';
import { LatencyProbe } from './latency-probe.ts';
import { Asked, BULK, Piled, Pressed, PRESSURE } from './pressed-event.ts';
import { AskedHandler, INSTANCE, PARTITIONS, PressedHandler } from './pressed.handlers.ts';

/** The server reserves that much disk. */
const STREAM_MAX_BYTES = 10_737_418_240;

export interface PressedServiceOptions {
  readonly nats: string;
  readonly postgres: string;
  readonly instance?: string;
  /** Default: handles and publishes. */
  readonly role?: 'both' | 'worker' | 'relay';
  readonly statementTimeoutMs?: number;
  /** Of its HTTP API, for operators. Default: any. */
  readonly httpPort?: number;
}

@Controller('figures')
class FiguresController {
  constructor(@Inject(MessagingMetrics) private readonly metrics: MessagingMetrics) {}

  @Get()
  figures(): Promise<StoredFigures> {
    return this.metrics.ofService();
  }
}

/** A service as users build them. `go` measures how long `count` events of other keys take. */
export const part = definePart<PressedServiceOptions>({
  async start({
    nats,
    postgres,
    instance = 'one',
    role = 'both',
    statementTimeoutMs = 30_000,
    httpPort = 0,
  }) {
    const database = new Database({ url: postgres, applicationName: instance, statementTimeoutMs });
    const messaging = MessagingModule.forRoot({
      service: 'bench',
      instance,
      natsServers: [nats],
      database,
      streams: [PRESSURE, BULK],
      contracts: [Pressed, Asked, Piled],
      partitions: PARTITIONS,
      streamMaxBytes: STREAM_MAX_BYTES,
      intake: role === 'relay' ? 'off' : 'auto',
      relay: role !== 'worker',
    });

    @Global()
    @Module({ providers: [{ provide: Database, useValue: database }], exports: [Database] })
    class DatabaseModule {}

    @Module({
      imports: [DatabaseModule, messaging, MessagingAdminModule],
      controllers: [PressedHandler, AskedHandler, FiguresController],
      providers: [LatencyProbe, { provide: INSTANCE, useValue: instance }],
    })
    class PressureModule {}

    const app = await NestFactory.create(PressureModule, new FastifyAdapter(), {
      // Floods of dead letters are the point.
      logger: false,
      abortOnError: false,
    });
    connectMessaging(app);
    await app.listen(httpPort, '127.0.0.1');
    await app.startAllMicroservices();
    const [probe, outbox] = [app.get(LatencyProbe), app.get(Outbox)];
    return {
      go: async ({ count = 0 }) => {
        const beganAt = performance.now();
        const latencies = await probe.measure(outbox, database, count);
        return { count, ms: performance.now() - beganAt, latencies };
      },
      stop: async () => {
        await app.close();
        await database.close();
      },
    };
  },
});
