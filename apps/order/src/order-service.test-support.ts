import { INVENTORY, PAYMENTS } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { readConfig, startService } from '@orderflow/service';
import { freshDatabase, testNats } from '@orderflow/testing';
import type { INestApplication } from '@nestjs/common';
import { AppModule } from './app.module.ts';
import { OrderConfig } from './config.ts';
import { type Neighbour, startNeighbour } from './neighbour.test-support.ts';

export interface OrderService {
  url: string;
  app: INestApplication;
  database: Database;
  inventory: Neighbour;
  payment: Neighbour;
  stop(): Promise<void>;
}

/** The order service as it runs, with a broker and a database of its own, between neighbours that only publish. */
export async function startOrderService(
  settings: { paymentTimeoutMs?: number; stockTimeoutMs?: number } = {},
): Promise<OrderService> {
  const [nats, fresh] = await Promise.all([testNats(), freshDatabase('order')]);
  const config = readConfig(OrderConfig, {
    PORT: '0',
    DATABASE_URL: fresh.url,
    NATS_SERVERS: nats.url,
    LOG_LEVEL: 'silent',
    STOCK_TIMEOUT_MS: String(settings.stockTimeoutMs ?? 600_000),
    PAYMENT_TIMEOUT_MS: String(settings.paymentTimeoutMs ?? 600_000),
  });
  const [app, inventory, payment] = await Promise.all([
    startService({ name: 'order', config, module: (read) => AppModule.forRoot(read) }),
    startNeighbour(INVENTORY, nats.url),
    startNeighbour(PAYMENTS, nats.url),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all([app.close(), inventory.stop(), payment.stop()]);
    await Promise.all([nats.stop(), fresh.drop()]);
  };
  return { url: await app.getUrl(), app, database: app.get(Database), inventory, payment, stop };
}

/** A body that is accepted. */
export const ORDER_BODY = {
  userId: 'ada',
  email: 'ada@example.org',
  currency: 'EUR',
  paymentToken: 'tok_approve',
  lines: [
    { sku: 'KETTLE', quantity: 1 },
    { sku: 'MUG', quantity: 2 },
  ],
};

export interface Answer {
  status: number;
  type: string | null;
  body: Record<string, unknown>;
}

export interface Request {
  method?: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** Sent as it is when it is text, as JSON otherwise. */
  body?: unknown;
}

export async function ask(
  url: string,
  { method = 'GET', headers = {}, body }: Request = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const content = body === undefined ? {} : { body: text };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers: { ...type, ...headers }, ...content });
  const answer: unknown = await response.json();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    body: typeof answer === 'object' && answer !== null ? { ...answer } : {},
  };
}
