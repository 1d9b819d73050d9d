import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ServiceMetrics } from './service-metrics.ts';

/** Scraped by Prometheus. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  readonly #metrics: ServiceMetrics;

  constructor(@Inject(ServiceMetrics) metrics: ServiceMetrics) {
    this.#metrics = metrics;
  }

  @Get()
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.#metrics.contentType);
    return await this.#metrics.text();
  }
}
