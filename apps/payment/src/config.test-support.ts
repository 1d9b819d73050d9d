import { readConfig } from '@orderflow/service';
import { PaymentConfig } from './config.ts';

/** A configuration with short times; what a test does not touch stays unreachable. */
export function testConfig(env: NodeJS.ProcessEnv = {}): PaymentConfig {
  return readConfig(PaymentConfig, {
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    NATS_SERVERS: 'nats://127.0.0.1:1',
    PAYMENT_PROVIDER_URL: 'http://127.0.0.1:1',
    PROVIDER_TIMEOUT_MS: '500',
    ...env,
  });
}
