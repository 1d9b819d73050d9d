import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.ts';
import { READINESS_CHECKS } from './readiness.ts';

/** Health of a process that needs nothing but itself: `/health/live`, `/health/startup`, `/health/ready`. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [{ provide: READINESS_CHECKS, useValue: [] }],
})
export class HealthModule {}
