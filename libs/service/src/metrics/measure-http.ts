import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServiceMetrics } from './service-metrics.ts';

/** Measures every request. Before the routes are declared: a hook holds for those that come after it. */
export function measureHttp(app: NestFastifyApplication): void {
  const metrics = app.get(ServiceMetrics, { strict: false });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', async (request, reply) => {
    metrics.observe({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
  });
}
