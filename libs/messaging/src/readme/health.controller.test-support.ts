import { MessagingHealth } from '../index.ts';
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly messaging: MessagingHealth,
  ) {}

  @Get('ready')
  @HealthCheck()
  async ready(): Promise<HealthCheckResult> {
    return await this.health.check([
      () => this.messaging.nats(),
      () => this.messaging.consumers(),
      () => this.messaging.leases(),
      () => this.messaging.relay(),
      () => this.messaging.lag(),
    ]);
  }
}
