import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProcessConfig } from '../config/process.config.ts';
import { serveOpenApi } from '../docs/open-api.ts';
import { PinoLogger } from '../logging/pino.logger.ts';
import { fastifyAdapter, useHttpDefaults } from './http-defaults.ts';
import { instanceName } from './instance-name.ts';
import { OperationsServer } from './operations-server.ts';
import { ProcessModule } from './process.module.ts';
import { ProcessState } from './process-state.ts';

export interface StartOptions<C extends ProcessConfig> {
  /** Names the process in logs, in the broker and in the database: `order`. */
  name: string;
  config: C;
  /** The application module, made from the configuration. */
  module: (config: C) => Type | DynamicModule;
  /** Default: one JSON line for each entry on standard output, from the configured level. */
  logger?: PinoLogger;
  /** Ends a boot that waits. */
  stopRequested?: AbortSignal;
}

/** Additions to the boot order, for what is more than an HTTP process. */
export interface BootSteps {
  /** Before the init hooks run. */
  beforeListen?: (app: NestFastifyApplication) => void;
  /** When HTTP answers. */
  afterListen?: (app: NestFastifyApplication) => Promise<unknown>;
}

/**
 * Boots an HTTP process and resolves when it answers; no signal handlers, no exit. For `runProcess`, and for tests
 * that want the real thing inside their own process (`await app.close()` ends it).
 */
export async function startProcess<C extends ProcessConfig>(
  options: StartOptions<C>,
  steps: BootSteps = {},
): Promise<NestFastifyApplication> {
  const { name, config } = options;
  const instance = instanceName(config);
  const logger = options.logger ?? new PinoLogger({ service: name, instance, level: config.logLevel });
  const state = new ProcessState(options.stopRequested);
  const module = ProcessModule.forRoot({ config, state, logger, application: options.module(config) });
  const app = await NestFactory.create<NestFastifyApplication>(module, fastifyAdapter(), {
    logger,
    abortOnError: false,
    bodyParser: false,
  });
  const { halfSent } = useHttpDefaults(app);
  const operations = config.opsPort === 0 ? undefined : new OperationsServer(app);
  serveOpenApi(app, name);
  steps.beforeListen?.(app);
  await app.listen(config.port, config.host);
  const opsUrl = await operations?.listen(config.opsPort, config.host, halfSent);
  await steps.afterListen?.(app);
  state.started();
  logger.log(
    { msg: 'running', url: await app.getUrl(), ...(opsUrl !== undefined && { opsUrl }) },
    'startProcess',
  );
  return app;
}
