import { Database, type SqlExecutor } from '@orderflow/database';
import { serviceNames, type ServiceName } from '../../stack/stack-layout.ts';
import type {
  InboxView,
  NotificationView,
  OrderView,
  OutboxView,
  ParkedView,
  PaymentView,
  Quantity,
  ReservationView,
  StockView,
  TimelineView,
} from './system-view.ts';

/** A connection to the database of each service. */
export class ServiceDatabases {
  readonly #databases: ReadonlyMap<ServiceName, Database>;

  constructor(urls: Record<ServiceName, string>) {
    const open = (url: string): Database =>
      new Database({ url, applicationName: 'checks', maxConnections: 2 });
    this.#databases = new Map(serviceNames.map((service) => [service, open(urls[service])]));
  }

  of(service: ServiceName): SqlExecutor {
    const database = this.#databases.get(service);
    if (database === undefined) throw new Error(`there is no database of ${service}`);
    return database;
  }

  /** The same question to each. */
  async each<Row extends object>(
    text: string,
    values: readonly unknown[],
  ): Promise<(Row & { service: ServiceName })[]> {
    const answers = await Promise.all(
      serviceNames.map(async (service) => {
        const rows = await this.of(service).query<Row>(text, values);
        return rows.map((row) => ({ ...row, service }));
      }),
    );
    return answers.flat();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#databases.values()].map((database) => database.close()));
  }
}

export interface OrderRows {
  orders: OrderView[];
  timeline: TimelineView[];
}

export async function readOrders(databases: ServiceDatabases, users: readonly string[]): Promise<OrderRows> {
  const db = databases.of('order');
  const orders = await db.query<OrderView>(
    `SELECT id AS "orderId", user_id AS "userId", status, cancel_reason AS reason, total, lines
     FROM orders WHERE user_id = ANY ($1) ORDER BY created_at`,
    [users],
  );
  const timeline = await db.query<TimelineView>(
    `SELECT order_id AS "orderId", fact FROM order_fact
     WHERE order_id IN (SELECT id FROM orders WHERE user_id = ANY ($1)) ORDER BY order_id, number`,
    [users],
  );
  return { orders, timeline };
}

export interface StockRows {
  stock: StockView[];
  receipts: Quantity[];
  reservations: ReservationView[];
}

/** One statement, so that all three are of the same moment: others may be ordering too. */
export async function readStock(databases: ServiceDatabases): Promise<StockRows> {
  const [row] = await databases.of('inventory').query<StockRows>(
    `SELECT
       (SELECT coalesce(json_agg(json_build_object('sku', sku, 'onHand', on_hand, 'reserved', reserved,
          'shipped', shipped, 'received', received)), '[]') FROM stock) AS stock,
       (SELECT coalesce(json_agg(json_build_object('sku', sku, 'quantity', quantity)), '[]') FROM receipt) AS receipts,
       (SELECT coalesce(json_agg(json_build_object('orderId', order_id, 'status', status, 'lines', lines)), '[]')
          FROM reservation) AS reservations`,
  );
  return row ?? { stock: [], receipts: [], reservations: [] };
}

export async function readPayments(
  databases: ServiceDatabases,
  users: readonly string[],
): Promise<PaymentView[]> {
  return await databases
    .of('payment')
    .query<PaymentView>(
      `SELECT order_id AS "orderId", status, amount FROM payment WHERE user_id = ANY ($1)`,
      [users],
    );
}

export async function readNotifications(
  databases: ServiceDatabases,
  users: readonly string[],
): Promise<NotificationView[]> {
  return await databases.of('notification').query<NotificationView>(
    `SELECT notification_id AS "notificationId", order_id AS "orderId", fact, state, smtp_message_id AS "smtpMessageId"
     FROM notification WHERE user_id = ANY ($1) ORDER BY position`,
    [users],
  );
}

/** @param messageIds of what the users' streams hold: the inbox knows no keys */
export async function readInbox(
  databases: ServiceDatabases,
  messageIds: readonly string[],
): Promise<InboxView[]> {
  return await databases.each<InboxView>(
    `SELECT consumer, message_id AS "messageId", state, stream, stream_seq AS sequence,
       (extract(epoch FROM received_at) * 1000000)::bigint AS "handledAt"
     FROM messaging.inbox WHERE message_id = ANY ($1)`,
    [messageIds],
  );
}

export async function readParked(
  databases: ServiceDatabases,
  users: readonly string[],
): Promise<ParkedView[]> {
  return await databases.each<ParkedView>(
    `SELECT consumer, message_id AS "messageId", key, state, reason
     FROM messaging.parked WHERE key = ANY ($1) ORDER BY id`,
    [users],
  );
}

export async function readOutbox(
  databases: ServiceDatabases,
  users: readonly string[],
): Promise<OutboxView[]> {
  return await databases.each<OutboxView>(
    `SELECT message_id AS "messageId", stream, split_part(subject, '.', 3) AS event,
       published_seq AS "publishedSequence", available_at IS NOT NULL AS delayed
     FROM messaging.publication WHERE key = ANY ($1) ORDER BY id`,
    [users],
  );
}
