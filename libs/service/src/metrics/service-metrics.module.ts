import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.ts';
import { ServiceMetrics } from './service-metrics.ts';

/** `GET /metrics` of a service. */
@Module({ controllers: [MetricsController], providers: [ServiceMetrics] })
export class ServiceMetricsModule {}
