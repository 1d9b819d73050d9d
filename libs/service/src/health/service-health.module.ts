import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MessagingHealth } from '@orderflow/messaging';
import { DatabaseIndicator } from './database.indicator.ts';
import { HealthController } from './health.controller.ts';
import { READINESS_CHECKS, type ReadinessCheck } from './readiness.ts';

/** Health of a service: the process, its database, and its side of the broker. */
@Module({
  // Terminus would log each failed check: with a probe each second that buries what matters.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [
    DatabaseIndicator,
    {
      provide: READINESS_CHECKS,
      inject: [DatabaseIndicator, MessagingHealth],
      useFactory: (database: DatabaseIndicator, messaging: MessagingHealth): ReadinessCheck[] => [
        () => database.check('database'),
        () => messaging.nats('nats'),
        () => messaging.consumers('consumers'),
        () => messaging.leases('leases'),
        () => messaging.relay('relay'),
        () => messaging.lag('lag'),
      ],
    },
  ],
})
export class ServiceHealthModule {}
