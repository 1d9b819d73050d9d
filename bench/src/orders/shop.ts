import { Database } from '@orderflow/database';
import { ShopClient, startStack, type Stack } from '@orderflow/tools';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const SKU = 'MUG';
const PIECES = 1_000_000;
/** Each look counts all that there is. */
const LOOK_MS = 200;
const OTHERS = ['payment', 'inventory', 'notification'];

const COUNTS = `
  SELECT count(*)::int AS placed, count(*) FILTER (WHERE status IN ('shipped', 'cancelled'))::int AS ended FROM orders`;

const SENT = `SELECT count(*)::int AS sent FROM notification WHERE state = 'sent'`;
/** Of an order that is shipped: created, paid, shipped. */
const MAILS_EACH = 3;

interface Counts {
  placed: number;
  ended: number;
}

/** The whole system as `npm start` runs it, with enough of one product for any number of orders. */
export class Shop {
  readonly #stack: Stack;
  readonly #directory: string;
  readonly #orders: Database;
  readonly #notifications: Database;

  private constructor(stack: Stack, directory: string) {
    this.#stack = stack;
    this.#directory = directory;
    this.#orders = new Database({ url: stack.databaseUrl('order'), applicationName: 'bench' });
    this.#notifications = new Database({ url: stack.databaseUrl('notification'), applicationName: 'bench' });
  }

  static async open(signal: AbortSignal): Promise<Shop> {
    const directory = await mkdtemp(path.join(tmpdir(), 'orderflow-bench-shop-'));
    const shop = new Shop(await startStack({ directory, signal }), directory);
    try {
      const inventory = shop.#stack.part('inventory').url;
      await new ShopClient({ order: shop.url, inventory }).receive(SKU, PIECES);
      return shop;
    } catch (error) {
      await shop.close();
      throw error;
    }
  }

  /** Of the order service. */
  get url(): string {
    return this.#stack.part('order').url;
  }

  async counts(): Promise<Counts> {
    const [row] = await this.#orders.query<Counts>(COUNTS);
    return row ?? { placed: 0, ended: 0 };
  }

  /** Until each order that was placed is shipped or cancelled. */
  async settled(signal: AbortSignal): Promise<void> {
    for (;;) {
      const { placed, ended } = await this.counts();
      if (placed === ended) return;
      await delay(LOOK_MS, undefined, { signal });
    }
  }

  /** Until each order that was placed has ended, and the user has all of its mails. No order may be cancelled. */
  async mailed(signal: AbortSignal): Promise<void> {
    await this.settled(signal);
    const { placed } = await this.counts();
    for (;;) {
      const [row] = await this.#notifications.query<{ sent: number }>(SENT);
      if (row?.sent === MAILS_EACH * placed) return;
      await delay(LOOK_MS, undefined, { signal });
    }
  }

  /** While `work` runs nobody but the order service gets processor time for what it publishes. */
  async whileOthersStop<T>(work: () => Promise<T>): Promise<T> {
    const tell = (signal: NodeJS.Signals): void => {
      for (const label of OTHERS) this.#stack.kill(label, signal);
    };
    tell('SIGSTOP');
    try {
      return await work();
    } finally {
      tell('SIGCONT');
    }
  }

  async close(): Promise<void> {
    await this.#orders.close();
    await this.#notifications.close();
    await this.#stack.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
