import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  readInbox,
  readNotifications,
  readOrders,
  readOutbox,
  readParked,
  readPayments,
  readStock,
  ServiceDatabases,
} from './database-view.ts';
import { readCharges, readMails } from './outside-view.ts';
import { readDeadLetters, readStreams } from './stream-view.ts';
import type { Scope, SystemAddresses, SystemView } from './system-view.ts';

/** Reads databases, streams, mails and charges. Changes nothing. Close it when done. */
export class SystemReader {
  readonly #addresses: SystemAddresses;
  readonly #databases: ServiceDatabases;
  readonly #nats: NatsConnection;

  private constructor(addresses: SystemAddresses, nats: NatsConnection) {
    this.#addresses = addresses;
    this.#databases = new ServiceDatabases(addresses.databases);
    this.#nats = nats;
  }

  static async open(addresses: SystemAddresses): Promise<SystemReader> {
    const nats = await connect({ servers: [...addresses.nats], name: 'checks', maxReconnectAttempts: -1 });
    return new SystemReader(addresses, nats);
  }

  get databases(): ServiceDatabases {
    return this.#databases;
  }

  async read(scope: Scope): Promise<SystemView> {
    const { users } = scope;
    const { orders, timeline } = await readOrders(this.#databases, users);
    const [messages, deadLetters] = await Promise.all([
      readStreams(this.#nats, users),
      readDeadLetters(this.#nats, users),
    ]);
    const ids = messages.map(({ messageId }) => messageId);
    const [inbox, parked, outbox, stockRows] = await Promise.all([
      readInbox(this.#databases, ids),
      readParked(this.#databases, users),
      readOutbox(this.#databases, users),
      readStock(this.#databases),
    ]);
    const [payments, notifications] = await Promise.all([
      readPayments(this.#databases, users),
      readNotifications(this.#databases, users),
    ]);
    const orderIds = new Set(orders.map(({ orderId }) => orderId));
    const charges = await readCharges(this.#addresses.paymentProvider, orderIds);
    const mails = await readMails(this.#addresses.mail, orderIds);
    const own = { orders, timeline, payments, notifications, messages, charges, mails };
    return { scope, ...own, inbox, parked, deadLetters, outbox, ...stockRows };
  }

  async close(): Promise<void> {
    await this.#nats.close();
    await this.#databases.close();
  }
}
