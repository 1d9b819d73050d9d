import process from 'node:process';
import type { DemoSystem } from '../demo/demo-run.ts';

/** Where the containers are, as docker-compose.yml says in the environment. `mail` is Mailpit, which `MailView` translates. */
export function containerSystem(): DemoSystem {
  const missing: string[] = [];
  const read = (name: string): string => {
    const value = process.env[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const system: DemoSystem = {
    databases: {
      order: read('ORDER_DATABASE_URL'),
      payment: read('PAYMENT_DATABASE_URL'),
      inventory: read('INVENTORY_DATABASE_URL'),
      notification: read('NOTIFICATION_DATABASE_URL'),
    },
    nats: [read('NATS_SERVER')],
    mail: read('MAILPIT_URL'),
    paymentProvider: read('PAYMENT_PROVIDER_URL'),
    order: read('ORDER_URL'),
    inventory: read('INVENTORY_URL'),
  };
  if (missing.length === 0) return system;
  throw new Error(
    `${missing.join(', ')} must be set. Run this through: docker compose --profile demo run --rm demo`,
  );
}
