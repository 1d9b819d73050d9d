import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { answerOf } from './health.controller.ts';
import { type HealthCheck, MESSAGING_CHECKS } from './readiness.ts';

/**
 * How messaging is, for alerts and people. No probe of a Kubernetes Service asks it: it is false in all instances at once
 * while the broker is away, and they can accept requests all the same.
 */
@ApiExcludeController()
@Controller('health')
export class MessagingHealthController {
  readonly #health: HealthCheckService;
  readonly #checks: HealthCheck[];

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(MESSAGING_CHECKS) checks: HealthCheck[],
  ) {
    this.#health = health;
    this.#checks = checks;
  }

  @Get('messaging')
  async messaging(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult | object> {
    return await answerOf(reply, () => this.#health.check(this.#checks));
  }
}
