import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { connectMessaging } from '@orderflow/messaging';
import type { ServiceConfig } from './config/service.config.ts';
import { measureHttp } from './metrics/measure-http.ts';
import { run, type RunOptions } from './process/run-process.ts';
import { startProcess, type StartOptions } from './process/start-process.ts';

/**
 * The whole `main.ts` of a service:
 *
 *     await runService({ name: 'order', config: OrderConfig, module: (config) => AppModule.forRoot(config) });
 *
 * Boot: configuration (every error at once) -> application -> handlers -> Postgres and migrations, NATS, topology ->
 * HTTP -> intake. Stop, on SIGTERM or SIGINT: readiness false -> intake drains -> HTTP -> relay and leases ->
 * connections -> exit 0. A second signal ends the process at once with 1, and so does what nothing caught.
 */
export async function runService<C extends ServiceConfig>(options: RunOptions<C>): Promise<void> {
  await run(options, startService);
}

/** `runService` without signals and exit, for tests: boots in this process, `await app.close()` ends it. */
export async function startService<C extends ServiceConfig>(
  options: StartOptions<C>,
): Promise<NestFastifyApplication> {
  return await startProcess(options, {
    beforeListen: (app) => {
      measureHttp(app);
      connectMessaging(app);
    },
    afterListen: (app) => app.startAllMicroservices(),
  });
}
