import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsString,
  Max,
  Min,
  ValidateBy,
  type ValidationArguments,
} from 'class-validator';
import { Env } from './env.decorator.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

function isOwnPort(port: unknown, of?: ValidationArguments): boolean {
  return port === 0 || !(of?.object instanceof ProcessConfig) || of.object.port !== port;
}

/** What every process reads, with a database or without. */
export class ProcessConfig {
  /** Address to listen on. Loopback unless said otherwise. */
  @Env('HOST', { default: '127.0.0.1' })
  @IsString()
  @IsNotEmpty()
  host!: string;

  /** Port to listen on; 0 takes any free one. */
  @Env('PORT')
  @IsInt()
  @Min(0)
  @Max(65_535)
  port!: number;

  /**
   * A second port, for what no customer calls: `/health`, `/metrics`, `/messaging` and `/docs`. They are on this port only,
   * and nothing else is. 0: on PORT, with all else.
   */
  @Env('OPS_PORT', { default: 0 })
  @IsInt()
  @Min(0)
  @Max(65_535)
  @ValidateBy({
    name: 'ownPort',
    validator: { validate: isOwnPort, defaultMessage: () => 'must not be PORT' },
  })
  opsPort!: number;

  @Env('LOG_LEVEL', { default: 'info' })
  @IsIn(LOG_LEVELS)
  logLevel!: LogLevel;

  /** How long a stop waits for what runs. After that and a margin of two seconds the process ends regardless. */
  @Env('DRAIN_DEADLINE_MS', { default: 10_000 })
  @IsInt()
  @Min(0)
  @Max(600_000)
  drainDeadlineMs!: number;
}
