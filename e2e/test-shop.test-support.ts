import { expect } from '@jest/globals';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { eventually, temporaryDirectory, type TemporaryDirectory } from '@orderflow/testing';
import {
  type Answer,
  addressesOf,
  judge,
  type OrderRequest,
  type PlacedOrder,
  type Scope,
  ShopClient,
  type Stack,
  type StackOptions,
  startStack,
  SystemReader,
  type SystemView,
  untilQuiet,
} from '@orderflow/tools';

export type OrderWish = Partial<OrderRequest>;

/** For a whole system to become quiet, on a busy machine. */
const quietDeadlineMs = 180_000;
const eachSku = ['KETTLE', 'MUG', 'TEAPOT', 'TRAY', 'SPOON', 'COASTER'];

interface Parts {
  folder: TemporaryDirectory;
  stack: Stack;
  reader: SystemReader;
  nats: NatsConnection;
}

/** The whole system as real processes, in a temporary folder, and what the tests of one file did with it. */
export class TestShop {
  readonly stack: Stack;
  readonly client: ShopClient;
  readonly nats: NatsConnection;
  readonly reader: SystemReader;
  readonly #folder: TemporaryDirectory;
  readonly #users = new Set<string>();
  readonly #accepted: string[] = [];
  readonly #poison: string[] = [];

  private constructor({ folder, stack, reader, nats }: Parts) {
    this.#folder = folder;
    this.stack = stack;
    this.reader = reader;
    this.nats = nats;
    this.client = new ShopClient({ order: stack.part('order').url, inventory: stack.part('inventory').url });
  }

  static async start(options: Omit<StackOptions, 'directory'>): Promise<TestShop> {
    const folder = await temporaryDirectory('e2e');
    const stack = await startStack({ ...options, directory: folder.path });
    try {
      const reader = await SystemReader.open(addressesOf(stack));
      const servers = [...stack.natsServers];
      const nats = await connect({ servers, name: 'e2e', maxReconnectAttempts: -1 });
      const shop = new TestShop({ folder, stack, reader, nats });
      for (const sku of eachSku) await shop.client.receive(sku, 1_000);
      return shop;
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  wish(userId: string, wish: OrderWish = {}): OrderRequest {
    const request = { userId, email: `${userId}@example.org`, currency: 'EUR', paymentToken: 'tok_approve' };
    return { ...request, lines: [{ sku: 'MUG', quantity: 1 }], ...wish };
  }

  /** Places an order that has to be accepted. */
  async order(userId: string, wish: OrderWish = {}): Promise<PlacedOrder> {
    const answer = await this.client.place(this.wish(userId, wish));
    expect(answer).toMatchObject({ status: 201 });
    return this.accepted(answer);
  }

  /** From now on the checks ask for this order too. */
  accepted({ body }: Answer<PlacedOrder>): PlacedOrder {
    this.#users.add(body.userId);
    this.#accepted.push(body.orderId);
    return body;
  }

  /** From now on the checks ask for this message among the dead letters. */
  poisoned(userId: string, messageId: string): void {
    this.#users.add(userId);
    this.#poison.push(messageId);
  }

  async becomes(orderId: string, expected: Partial<PlacedOrder>): Promise<void> {
    const look = async (): Promise<true> => {
      const { body } = await this.client.order(orderId);
      expect(body).toMatchObject(expected);
      return true;
    };
    await eventually(look, {
      what: `order ${orderId} becomes ${JSON.stringify(expected)}`,
    });
  }

  get scope(): Scope {
    return { users: [...this.#users], accepted: [...this.#accepted], poison: [...this.#poison] };
  }

  quiet(adjust = (view: SystemView): SystemView => view): Promise<SystemView> {
    return untilQuiet(this.reader, () => this.scope, { deadlineMs: quietDeadlineMs, adjust });
  }

  /** @param adjust for what a test has made impossible to promise */
  async expectEveryPromiseKept(adjust?: (view: SystemView) => SystemView): Promise<void> {
    const view = await this.quiet(adjust);
    expect(judge(view).filter(({ violations }) => violations.length > 0)).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.nats.close();
    await this.reader.close();
    await this.stack.stop();
    await this.#folder.remove();
  }
}

/** What another program would get: JSON of any URL of the stack. */
export async function getJson(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url);
  const body: unknown = await response.json();
  if (!isRecord(body)) throw new Error(`GET ${url} answered no JSON object`);
  return { status: response.status, body };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
