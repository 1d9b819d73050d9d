import type { INestApplication } from '@nestjs/common';
import type { PinoLogger } from '../logging/pino.logger.ts';
import { inTime } from './in-time.ts';
import { ProcessState } from './process-state.ts';

export interface StopOptions {
  /** Settles when the boot has ended. */
  boot: Promise<INestApplication>;
  /** Aborted at the first signal, so that a boot that waits ends. */
  stop: AbortController;
  logger: PinoLogger;
  drainDeadlineMs: number;
}

/** For what follows the drain: HTTP, leases, connections. */
const CLOSE_MARGIN_MS = 2_000;
/** For a boot that is stopped. It has taken nothing that its end could lose, so it is not waited for any longer. */
const BOOT_END_MS = 2_000;
const CONTEXT = 'stopOnSignals';

/**
 * The first SIGTERM or SIGINT turns readiness false, drains and ends the process with 0. The second ends it at once
 * with 1, and so does a drain that outlasts its deadline. A fault that nothing caught ends it with 1 as well: what was
 * running is in an unknown state, and whoever supervises starts a fresh one.
 */
export function stopOnSignals(options: StopOptions): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) endNow(options.logger, `second signal, ${signal}`);
    stopping = true;
    void stop(options, signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (error) => endNow(options.logger, 'unhandled rejection', error));
  process.on('uncaughtException', (error) => endNow(options.logger, 'uncaught exception', error));
}

async function stop(options: StopOptions, signal: NodeJS.Signals): Promise<void> {
  const { logger, drainDeadlineMs } = options;
  logger.log({ msg: 'stopping', signal, drainDeadlineMs }, CONTEXT);
  const limitMs = drainDeadlineMs + CLOSE_MARGIN_MS;
  setTimeout(() => endNow(logger, `not stopped after ${String(limitMs)} ms`), limitMs);
  options.stop.abort();
  try {
    const app = await bootedApp(options);
    app?.get(ProcessState).drain();
    await app?.close();
  } catch (error) {
    endNow(logger, 'stop failed', error);
  }
  logger.log('stopped', CONTEXT);
  process.exit(0);
}

/** The application; undefined when its boot failed, or did not end in time after it was asked to. */
async function bootedApp({ boot, logger }: StopOptions): Promise<INestApplication | undefined> {
  try {
    return await inTime(BOOT_END_MS, boot);
  } catch (error) {
    logger.log({ msg: 'the boot was stopped', reason: String(error) }, CONTEXT);
    return undefined;
  }
}

function endNow(logger: PinoLogger, reason: string, error?: unknown): never {
  logger.fatal({ msg: `ending at once: ${reason}`, ...(error !== undefined && { err: error }) }, CONTEXT);
  process.exit(1);
}
