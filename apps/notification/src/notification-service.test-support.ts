import { randomUUID } from 'node:crypto';
import { OrderCancelled, OrderCreated, OrderPaid, OrderShipped } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { type SmtpSink, startSmtpSink } from '@orderflow/embedded';
import { contract, Outbox } from '@orderflow/messaging';
import { startService } from '@orderflow/service';
import { freshDatabase, testNats } from '@orderflow/testing';
import { AppModule } from './app.module.ts';
import { testConfig } from './config.test-support.ts';
import { type OrderSide, startOrderSide } from './order-side.test-support.ts';

export type Json = Record<string, unknown>;

export interface NotificationService {
  orders: OrderSide;
  sink: SmtpSink;
  database: Database;
  /** Answer of the service's HTTP interface. */
  get(path: string): Promise<{ status: number; body: Json }>;
  /** The events of this kind that the service published about an order. */
  published(orderId: string, event: 'email-requested' | 'email-sent'): Promise<Json[]>;
  /** Publishes an event of the service's own once more, as another message. */
  republish(event: object): Promise<void>;
  stop(): Promise<void>;
}

/** The notification service on a nats-server, a database and an SMTP sink of its own, with the order service's side of it. */
export async function startNotification(): Promise<NotificationService> {
  const [nats, sink, fresh] = await Promise.all([testNats(), startSmtpSink(), freshDatabase('notification')]);
  const orders = await startOrderSide(nats.url);
  const app = await startService({
    name: 'notification',
    config: testConfig({ DATABASE_URL: fresh.url, NATS_SERVERS: nats.url, SMTP_URL: sink.url }),
    module: (config) => AppModule.forRoot(config),
  });
  const url = await app.getUrl();
  const database = app.get(Database);
  return {
    orders,
    sink,
    database,
    published: (orderId, event) => publishedEvents(database, orderId, event),
    republish: async (event) => {
      await database.transaction((tx) => app.get(Outbox).add(tx, event));
    },
    get: async (path) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: jsonOf(await response.text()) };
    },
    stop: async () => {
      await app.close();
      await orders.close();
      await Promise.all([sink.stop(), nats.stop(), fresh.drop()]);
    },
  };
}

async function publishedEvents(database: Database, orderId: string, event: string): Promise<Json[]> {
  const rows = await database.query<{ payload: string }>(
    `SELECT payload FROM messaging.publication
      WHERE payload::jsonb ->> 'orderId' = $1 AND subject LIKE '%.' || $2 ORDER BY id`,
    [orderId, event],
  );
  return rows.map(({ payload }) => jsonOf(payload));
}

function jsonOf(text: string): Json {
  const value: unknown = JSON.parse(text);
  if (!isJson(value)) throw new Error(`not a JSON object: ${text}`);
  return value;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** The facts of one order of a user of its own. */
export function newOrder(email = 'ada@example.com') {
  const orderId = randomUUID();
  const ids = { orderId, userId: `user-${orderId.slice(0, 8)}` };
  const total = { amount: 4_788, currency: 'EUR' };
  const lines = [{ sku: 'MUG', quantity: 1, unitPrice: total }];
  const created = {
    ...ids,
    lines,
    total,
    paymentToken: 'tok_approve',
    email,
    createdAt: new Date().toISOString(),
  };
  return {
    ...ids,
    created: contract(OrderCreated, created),
    paid: contract(OrderPaid, { ...ids, total, paymentId: 'ch_1' }),
    shipped: contract(OrderShipped, { ...ids, trackingNumber: 'TRACK-1' }),
    cancelled: contract(OrderCancelled, { ...ids, reason: 'out_of_stock' }),
  };
}
