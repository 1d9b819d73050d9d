import { Inject, Injectable } from '@nestjs/common';
import { MessagingMetrics } from '@orderflow/messaging';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { exposeMessaging } from './messaging-figures.ts';

const REQUEST_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What Prometheus is told: the process, its HTTP, and its side of messaging. Labels never hold ids, keys or addresses. */
@Injectable()
export class ServiceMetrics {
  /** Of its own: the library's global one would be shared by all services of a process. */
  readonly #registry = new Registry();
  readonly #requests = new Histogram({
    name: 'orderflow_http_request_seconds',
    help: 'From the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: REQUEST_BUCKETS_S,
    registers: [this.#registry],
  });

  constructor(@Inject(MessagingMetrics) messaging: MessagingMetrics) {
    collectDefaultMetrics({ register: this.#registry });
    exposeMessaging(this.#registry, messaging);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The text format of Prometheus. Does without the figures of the database while it does not answer. */
  async text(): Promise<string> {
    return await this.#registry.metrics();
  }

  /** @param request its route as declared, `/orders/:id`: a path would make a series of each order */
  observe(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request;
    this.#requests.observe({ method, route, status }, seconds);
  }
}
