import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Problem } from '../problem/problem.exception.ts';
import { refuseUnreadable } from '../problem/early-refusal.ts';
import type { HalfSentRequests } from './half-sent-requests.ts';
import { SERVER_LIMITS } from './http-defaults.ts';

/** What probes, Prometheus and operators ask for, and no customer. */
const OPERATIONS = ['/health', '/metrics', '/messaging', '/docs', '/docs-json'];

/**
 * A second port for operations, so that a network policy or an ingress can tell their callers from customers by the port.
 * With it, each route is on one port only; the other answers 404.
 */
export class OperationsServer {
  readonly #requests = new WeakSet<IncomingMessage>();
  readonly #app: NestFastifyApplication;
  #server: Server | undefined;
  #closed: Promise<unknown> = Promise.resolve();

  /** Before the routes are declared: a hook holds for those that come after it. */
  constructor(app: NestFastifyApplication) {
    this.#app = app;
    const fastify = app.getHttpAdapter().getInstance();
    fastify.addHook('onRequest', async (request) => {
      const route = request.routeOptions.url;
      // Not found in any case.
      if (route === undefined || isOperation(route) === this.#requests.has(request.raw)) return;
      throw new Problem({ status: 404, detail: `Cannot ${request.method} ${request.url}` });
    });
    // With the other port: both take no new connection, and what they have begun is waited for once.
    fastify.addHook('preClose', async () => this.#close());
    fastify.addHook('onClose', async () => this.#closed);
  }

  /** Once the application listens on its own port. Rejects when this one is taken. */
  async listen(port: number, host: string, halfSent: HalfSentRequests): Promise<string> {
    const fastify = this.#app.getHttpAdapter().getInstance();
    const server = createServer(SERVER_LIMITS, (request, response) => {
      this.#requests.add(request);
      fastify.routing(request, response);
    });
    server.on('clientError', refuseUnreadable);
    halfSent.watch(server);
    this.#server = server;
    server.listen(port, host);
    await once(server, 'listening');
    const address = server.address();
    const taken = typeof address === 'object' && address !== null ? address.port : port;
    return `http://${host}:${String(taken)}`;
  }

  #close(): void {
    const server = this.#server;
    if (server?.listening !== true) return;
    this.#closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
  }
}

function isOperation(route: string): boolean {
  return OPERATIONS.some((path) => route === path || route.startsWith(`${path}/`));
}
