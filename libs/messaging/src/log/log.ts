import { Logger } from '@nestjs/common';

/** The part of a structured logger that the library uses; pino fits. Ids and reasons are logged, never payloads. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Writes through whatever logger the Nest application uses. */
export function nestLog(context: string): Log {
  const logger = new Logger(context);
  return {
    debug: (fields, msg) => logger.debug({ msg, ...fields }),
    info: (fields, msg) => logger.log({ msg, ...fields }),
    warn: (fields, msg) => logger.warn({ msg, ...fields }),
    error: (fields, msg) => logger.error({ msg, ...fields }),
  };
}
