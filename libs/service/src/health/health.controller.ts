import { Controller, Get, Inject, Res, ServiceUnavailableException } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheckResult, HealthIndicatorResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { ProcessState } from '../process/process-state.ts';
import { type HealthCheck, READINESS_CHECKS } from './readiness.ts';

/** Health for machines: 200 or 503, with the reasons in the body. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  readonly #health: HealthCheckService;
  readonly #indicator: HealthIndicatorService;
  readonly #state: ProcessState;
  readonly #checks: HealthCheck[];

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(HealthIndicatorService) indicator: HealthIndicatorService,
    @Inject(ProcessState) state: ProcessState,
    @Inject(READINESS_CHECKS) checks: HealthCheck[],
  ) {
    this.#health = health;
    this.#indicator = indicator;
    this.#state = state;
    this.#checks = checks;
  }

  /** The event loop turns: that this answers is the check. True also while a dependency is away. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The boot has ended: intake is open. */
  @Get('startup')
  startup(@Res({ passthrough: true }) reply: FastifyReply): { status: string } {
    if (this.#state.phase !== 'starting') return { status: 'ok' };
    reply.status(503);
    return { status: 'starting' };
  }

  /**
   * This process can serve what it is for: it has started, is not draining, and has its database. Never false because of
   * the broker: what is accepted meanwhile is published later.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult | object> {
    return await answerOf(reply, () => this.#health.check([() => this.#process(), ...this.#checks]));
  }

  #process(): HealthIndicatorResult {
    const { phase } = this.#state;
    const session = this.#indicator.check('process');
    return phase === 'running' ? session.up({ phase }) : session.down({ phase });
  }
}

/** Not a problem document: probes and people read the same shape, well or not. */
export async function answerOf(
  reply: FastifyReply,
  check: () => Promise<HealthCheckResult>,
): Promise<HealthCheckResult | object> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof ServiceUnavailableException)) throw error;
    reply.status(503);
    const body: string | object = error.getResponse();
    return typeof body === 'object' ? body : { status: 'error' };
  }
}
