import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { MessagingHealth } from '@orderflow/messaging';
import { ServiceConfig } from '../config/service.config.ts';
import { DatabaseIndicator } from './database.indicator.ts';
import { HealthController } from './health.controller.ts';
import { MessagingHealthController } from './messaging-health.controller.ts';
import { type HealthCheck, MESSAGING_CHECKS, READINESS_CHECKS } from './readiness.ts';

/** Health of a service: the process and its database for probes, its side of the broker for alerts and people. */
@Module({
  // Terminus would log each failed check: with a probe each second that buries what matters.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MessagingHealthController],
  providers: [
    DatabaseIndicator,
    {
      provide: READINESS_CHECKS,
      inject: [DatabaseIndicator, MessagingHealth, ServiceConfig],
      useFactory: (
        database: DatabaseIndicator,
        messaging: MessagingHealth,
        { readiness }: ServiceConfig,
      ): HealthCheck[] => [
        () => database.check('database'),
        ...(readiness === 'messaging' ? [() => messaging.consumers('consumers')] : []),
      ],
    },
    {
      provide: MESSAGING_CHECKS,
      inject: [DatabaseIndicator, MessagingHealth],
      useFactory: (database: DatabaseIndicator, messaging: MessagingHealth): HealthCheck[] => [
        () => database.writable('database'),
        () => messaging.nats('nats'),
        () => messaging.consumers('consumers'),
        () => messaging.leases('leases'),
        () => messaging.ownership('ownership'),
        () => messaging.relay('relay'),
        () => messaging.lag('lag'),
      ],
    },
  ],
})
export class ServiceHealthModule {}
