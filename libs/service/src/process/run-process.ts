import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ProcessConfig } from '../config/process.config.ts';
import { readConfig } from '../config/read-config.ts';
import { PinoLogger } from '../logging/pino.logger.ts';
import { bootFailure } from './boot-failure.ts';
import { instanceName } from './instance-name.ts';
import { startProcess, type StartOptions } from './start-process.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface RunOptions<C extends ProcessConfig> extends Pick<StartOptions<C>, 'name' | 'module'> {
  /** Configuration class, read from the environment before anything else. */
  config: new () => C;
}

/**
 * The whole `main.ts` of a process without database and messaging: configuration, HTTP, until SIGTERM or SIGINT. A
 * boot that fails prints why and what to do, once, and ends the process with status 1.
 */
export async function runProcess<C extends ProcessConfig>(options: RunOptions<C>): Promise<void> {
  await run(options, startProcess);
}

/** Reads the configuration, starts with `start`, and stops on signals. */
export async function run<C extends ProcessConfig>(
  options: RunOptions<C>,
  start: (options: StartOptions<C>) => Promise<NestFastifyApplication>,
): Promise<void> {
  const { name, module } = options;
  const stop = new AbortController();
  let logger = new PinoLogger({ service: name, instance: instanceName() });
  try {
    const config = readConfig(options.config);
    logger = new PinoLogger({ service: name, instance: instanceName(config), level: config.logLevel });
    const boot = start({ name, module, config, logger, stopRequested: stop.signal });
    stopOnSignals({ boot, stop, logger, drainDeadlineMs: config.drainDeadlineMs });
    await boot;
  } catch (error) {
    // Asked to stop while it started: stopOnSignals ends the process, with 0.
    if (stop.signal.aborted) return;
    const { message, ...fields } = bootFailure(error);
    // Where there is a remedy, a stack says nothing more.
    const stack = fields.remedy === undefined ? { err: error } : {};
    logger.fatal({ msg: `boot failed: ${message}`, ...fields, ...stack }, 'run');
    process.exit(1);
  }
}
