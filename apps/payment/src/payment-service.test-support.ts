import { randomUUID } from 'node:crypto';
import { OrderCancelled, OrderReserved } from '@orderflow/contracts';
import { Database } from '@orderflow/database';
import { contract } from '@orderflow/messaging';
import { startService } from '@orderflow/service';
import { eventually, freshDatabase, testNats } from '@orderflow/testing';
import { AppModule } from './app.module.ts';
import { testConfig } from './config.test-support.ts';
import { type OrderSide, startOrderSide } from './order-side.test-support.ts';
import { type Sandbox, startSandbox } from './provider/sandbox.test-support.ts';

export interface Fact {
  event: string;
  code?: string;
  paymentId?: string;
  amount?: { amount: number; currency: string };
}

export interface PaymentService {
  orders: OrderSide;
  sandbox: Sandbox;
  database: Database;
  url: string;
  /** Answer of the service's HTTP interface. */
  get(path: string): Promise<{ status: number; body: unknown }>;
  /** What the service published about an order, in order. */
  facts(orderId: string): Promise<Fact[]>;
  /** Waits until the service has published these facts about an order, and no others. */
  settled(orderId: string, ...events: string[]): Promise<Fact[]>;
  /** Waits until everything that was published for the user so far has been handled. */
  drained(userId: string): Promise<void>;
  stop(): Promise<void>;
}

/** The payment service on a nats-server, a database and a sandbox of its own, with the order service's side of it. */
export async function startPayment(env: NodeJS.ProcessEnv = {}): Promise<PaymentService> {
  const [nats, sandbox, fresh] = await Promise.all([testNats(), startSandbox(), freshDatabase('payment')]);
  const orders = await startOrderSide(nats.url);
  const app = await startService({
    name: 'payment',
    config: testConfig({
      DATABASE_URL: fresh.url,
      NATS_SERVERS: nats.url,
      PAYMENT_PROVIDER_URL: sandbox.url,
      ...env,
    }),
    module: (config) => AppModule.forRoot(config),
  });
  const url = await app.getUrl();
  const database = app.get(Database);
  const facts = (orderId: string): Promise<Fact[]> => publishedFacts(database, orderId);
  const service: PaymentService = {
    orders,
    sandbox,
    database,
    url,
    facts,
    settled: async (orderId, ...events) =>
      await eventually(
        async () => {
          const published = await facts(orderId);
          return published.map(({ event }) => event).join() === events.join() && published;
        },
        { what: `the facts of order ${orderId} are ${events.join()}` },
      ),
    get: async (path) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: await response.json() };
    },
    drained: async (userId) => {
      const last = newOrder('tok_approve', userId);
      await orders.publish(last.reserved);
      await service.settled(last.orderId, 'captured');
    },
    stop: async () => {
      await app.close();
      await orders.close();
      await Promise.all([sandbox.stop(), nats.stop(), fresh.drop()]);
    },
  };
  return service;
}

async function publishedFacts(database: Database, orderId: string): Promise<Fact[]> {
  const rows = await database.query<{ subject: string; payload: string }>(
    `SELECT subject, payload FROM messaging.publication WHERE stream = 'PAYMENTS' AND payload::jsonb ->> 'orderId' = $1 ORDER BY id`,
    [orderId],
  );
  return rows.map(({ subject, payload }) => {
    const body: unknown = JSON.parse(payload);
    return { ...(typeof body === 'object' ? body : {}), event: subject.split('.').at(-1) ?? '' };
  });
}

/** An order; of a user of its own unless told otherwise, so that orders do not wait for each other. */
export function newOrder(paymentToken: string, userId = `user-${randomUUID()}`) {
  const orderId = randomUUID();
  const ids = { orderId, userId };
  return {
    orderId,
    userId,
    key: `charge-${orderId}`,
    reserved: contract(OrderReserved, { ...ids, total: { amount: 4_788, currency: 'EUR' }, paymentToken }),
    cancelled: contract(OrderCancelled, { ...ids, reason: 'requested' }),
  };
}
