import { readConfig } from '@orderflow/service';
import { NotificationConfig } from './config.ts';

/** A configuration for a busy machine; what a test does not touch stays unreachable. */
export function testConfig(env: NodeJS.ProcessEnv = {}): NotificationConfig {
  return readConfig(NotificationConfig, {
    PORT: '0',
    LOG_LEVEL: 'silent',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    NATS_SERVERS: 'nats://127.0.0.1:1',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'Orderflow <orders@orderflow.example>',
    SMTP_TIMEOUT_MS: '20000',
    ...env,
  });
}
