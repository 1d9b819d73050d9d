import type { LoggerService } from '@nestjs/common';
import { type Level, type Logger, destination, pino } from 'pino';
import type { LogLevel } from '../config/process.config.ts';
import { redactFields, redactText } from './redact.ts';

export interface PinoLoggerOptions {
  service: string;
  instance: string;
  level?: LogLevel;
  /** Receives each line. Default: standard output. */
  write?: (line: string) => void;
}

// Nest reports a failed boot in these contexts, and then rejects with the same error, which runProcess reports.
const REPORTED_AGAIN = new Set(['ExceptionHandler', 'NestApplication']);

// Nest tells of each module and route at every boot; one line that the process runs is enough.
const BOOT_DETAILS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/**
 * Nest's logger over pino: one JSON line on standard output for each call, with `service`, `instance` and `context`.
 * An object as first argument gives fields of its own: `logger.log({ msg: 'parked', messageId, key })`. Log ids, never
 * payloads; what is named like a secret or looks like an e-mail address is taken out regardless.
 */
export class PinoLogger implements LoggerService {
  readonly #pino: Logger;

  constructor(options: PinoLoggerOptions) {
    this.#pino = pino(
      {
        level: options.level ?? 'info',
        base: { service: options.service, instance: options.instance, pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        // Errors are already plain fields by then; pino's own serializer would copy every member of a driver's error.
        serializers: { err: (fields: unknown) => fields },
        formatters: { level: (label) => ({ level: label }) },
      },
      // Written at once: the lines that say why a process ended must be out before it ends.
      options.write === undefined ? destination({ dest: 1, sync: true }) : { write: options.write },
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.#line(BOOT_DETAILS.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && REPORTED_AGAIN.has(context)) return;
    this.#line('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.#line('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.#line('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.#line('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.#line('fatal', message, rest);
  }

  /** Nest's convention: the last text is the context, an Error or a stack may stand before it. */
  #line(level: Level, message: unknown, rest: unknown[]): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    const context = typeof rest.at(-1) === 'string' ? { context: rest.at(-1) } : {};
    const extra = 'context' in context ? rest.slice(0, -1) : rest;
    const fields = { ...fieldsOf(message), ...detailsOf(extra), ...context };
    const text = textOf(message);
    if (text === undefined) this.#pino[level](fields);
    else this.#pino[level](fields, redactText(text));
  }
}

function textOf(message: unknown): string | undefined {
  if (message instanceof Error) return message.message;
  return typeof message === 'object' && message !== null ? undefined : String(message);
}

function fieldsOf(message: unknown): object {
  if (message instanceof Error) return { err: redactFields(message) };
  const fields = redactFields(message);
  return typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? fields : {};
}

function detailsOf(extra: unknown[]): object {
  const [first, ...others] = extra.filter((item) => item !== undefined && item !== null);
  if (first === undefined) return {};
  if (others.length > 0) return { details: redactFields([first, ...others]) };
  if (first instanceof Error) return { err: redactFields(first) };
  if (typeof first === 'string') return { stack: redactText(first) };
  return fieldsOf(first);
}
