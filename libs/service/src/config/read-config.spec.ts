import { describe, expect, it } from '@jest/globals';
import { IsBoolean, IsInt, IsString, Min } from 'class-validator';
import { ConfigError } from './config-error.ts';
import { Env } from './env.decorator.ts';
import { readConfig } from './read-config.ts';
import { ServiceConfig } from './service.config.ts';

class ExampleConfig extends ServiceConfig {
  @Env('PAYMENT_TIMEOUT_MS', { default: 900_000 })
  @IsInt()
  @Min(1_000)
  paymentTimeoutMs!: number;

  @Env('STRICT', { default: false })
  @IsBoolean()
  strict!: boolean;

  @Env('API_TOKEN', { default: 'none' })
  @IsString()
  @Min(1)
  apiToken!: string;
}

const GOOD = {
  PORT: '3000',
  DATABASE_URL: 'postgres://order:example@db:5432/orderflow_order',
  NATS_SERVERS: 'nats://a:4222, nats://b:4222',
};

function errorOf(env: NodeJS.ProcessEnv, cls: new () => object = ServiceConfig): ConfigError {
  try {
    readConfig(cls, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('readConfig', () => {
  it('reads, converts and fills in defaults', () => {
    const config = readConfig(ServiceConfig, {
      ...GOOD,
      DRAIN_DEADLINE_MS: '250',
      SOMETHING_ELSE: 'ignored',
    });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: GOOD.DATABASE_URL,
      natsServers: ['nats://a:4222', 'nats://b:4222'],
      provision: 'apply',
      replicas: 1,
      logLevel: 'info',
      drainDeadlineMs: 250,
    });
    expect(config.instance).toContain(String(process.pid));
  });

  it('lists everything that is wrong at once, each with name, value and what is allowed', () => {
    const error = errorOf({ PORT: '70000', NATS_SERVERS: 'http://a', PROVISION: 'maybe', LOG_LEVEL: 'loud' });
    expect(error.problems.map(({ variable }) => variable).sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'NATS_SERVERS',
      'PORT',
      'PROVISION',
    ]);
    expect(error.message).toContain('PORT: found "70000"; must not be greater than 65535');
    expect(error.message).toContain(
      'DATABASE_URL: found nothing; must be postgres://user:password@host:port/database',
    );
    expect(error.message).toContain(
      'PROVISION: found "maybe"; must be one of the following values: apply, verify',
    );
    expect(error.remedy).toContain('PROVISION');
  });

  it.each([['0x10'], ['1e3'], ['80.5'], ['-1'], [' '], ['eighty']])('refuses PORT=%j', (port) => {
    expect(errorOf({ ...GOOD, PORT: port }).problems).toHaveLength(1);
  });

  it('treats an empty variable as unset', () => {
    expect(readConfig(ServiceConfig, { ...GOOD, LOG_LEVEL: '', PROVISION: ' ' })).toMatchObject({
      logLevel: 'info',
      provision: 'apply',
    });
  });

  it('never shows credentials', () => {
    const env = {
      ...GOOD,
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      NATS_SERVERS: 'http://u:pw1@a,http://u:pw2@b',
    };
    const { message } = errorOf({ ...env, API_TOKEN: 'very-secret' }, ExampleConfig);
    expect(message).toContain('mysql://***@db/x');
    expect(message).toContain('API_TOKEN: found a value that is not shown');
    expect(message).not.toMatch(/hunter2|pw1|pw2|very-secret/);
  });

  it('reads the fields of a derived class by their types', () => {
    class Derived extends ServiceConfig {
      @Env('STRICT', { default: false })
      @IsBoolean()
      strict!: boolean;
    }
    expect(readConfig(Derived, { ...GOOD, STRICT: 'true' })).toMatchObject({ port: 3000, strict: true });
    expect(errorOf({ ...GOOD, STRICT: 'yes' }, Derived).message).toContain(
      'STRICT: found "yes"; must be a boolean',
    );
  });

  it('gives a configuration that nobody can change', () => {
    expect(Object.isFrozen(readConfig(ServiceConfig, GOOD))).toBe(true);
  });
});
