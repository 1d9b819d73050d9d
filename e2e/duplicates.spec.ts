import { AckPolicy, type ConsumerInfo, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ANSWER_PATIENCE_MS, eventually, storedAgain } from '@orderflow/testing';
import { publishAgain, publishMalformed, type ServiceName } from '@orderflow/tools';
import { TestShop } from './test-shop.test-support.ts';

let shop: TestShop;
let behindPoison = '';

beforeAll(async () => {
  const payment = { PROVIDER_TIMEOUT_MS: '400', PAYMENT_GIVE_UP_MS: '3000' };
  shop = await TestShop.start({ scale: { payment: 2, order: 2 }, environment: { payment } });
});

afterAll(() => shop.stop(), 60_000);

const streams = ['ORDERS', 'PAYMENTS', 'INVENTORY', 'NOTIFICATIONS'];

/** Rows that an effect that happened once more would add to. */
async function effects(): Promise<unknown> {
  const count = async (service: ServiceName, text: string): Promise<unknown> => {
    const [row] = await shop.reader.databases.of(service).query(text);
    return row;
  };
  return await Promise.all([
    count(
      'order',
      'SELECT count(*) AS facts, (SELECT count(*) FROM messaging.inbox) AS inbox FROM order_fact',
    ),
    count(
      'payment',
      'SELECT sum(version) AS changes, (SELECT count(*) FROM messaging.inbox) AS inbox FROM payment',
    ),
    count(
      'inventory',
      'SELECT sum(shipped) AS shipped, (SELECT count(*) FROM messaging.inbox) AS inbox FROM stock',
    ),
    count(
      'notification',
      'SELECT count(*) AS told, (SELECT count(*) FROM messaging.inbox) AS inbox FROM notification',
    ),
  ]);
}

/** Every consumer that handles: what looks for unknown events acknowledges nothing. */
async function* handling(): AsyncGenerator<ConsumerInfo> {
  const manager = await jetstreamManager(shop.nats, { timeout: ANSWER_PATIENCE_MS });
  for (const stream of streams) {
    for await (const consumer of manager.consumers.list(stream)) {
      if (consumer.config.ack_policy !== AckPolicy.None) yield consumer;
    }
  }
}

/** Whether every consumer has been given everything and has settled it. */
async function allSettled(): Promise<boolean> {
  for await (const consumer of handling()) {
    if (consumer.num_pending + consumer.num_ack_pending > 0) return false;
  }
  return true;
}

async function shipped(...users: string[]): Promise<void> {
  const orders = await Promise.all(users.map((user) => shop.order(user)));
  for (const { orderId } of orders) await shop.becomes(orderId, { status: 'shipped' });
}

describe('a fact that is published again under its id', () => {
  beforeAll(async () => {
    await shipped('dup-a', 'dup-b', 'dup-c');
    await shop.quiet();
  });

  it('is recognised by the broker at first', async () => {
    const { messages } = await shop.quiet();
    const acks = await Promise.all(messages.map((message) => publishAgain(shop.nats, message)));
    expect(acks.filter(({ duplicate }) => !duplicate)).toEqual([]);
  });

  it('takes no effect again when the broker has forgotten it', async () => {
    const manager = await jetstreamManager(shop.nats, { timeout: ANSWER_PATIENCE_MS });
    const { messages } = await shop.quiet();
    const before = await effects();
    for (const message of messages) {
      const publish = async (): Promise<boolean> => !(await publishAgain(shop.nats, message)).duplicate;
      await storedAgain(manager, message.stream, publish);
    }
    await eventually(allSettled, { what: 'all duplicates are settled' });
    expect(await effects()).toEqual(before);
    await shop.expectEveryPromiseKept();
  });
});

describe('facts that are delivered again', () => {
  it('take no effect again, whoever gets them', async () => {
    await shop.quiet();
    await eventually(allSettled, { what: 'all is settled' });
    const before = await effects();
    const manager = await jetstreamManager(shop.nats, { timeout: ANSWER_PATIENCE_MS });
    for await (const { stream_name: stream, name } of handling()) {
      await manager.consumers.reset(stream, name, 1);
    }
    await eventually(allSettled, { what: 'all redeliveries are settled' });
    expect(await effects()).toEqual(before);
    await shipped('after-redelivery');
    await shop.expectEveryPromiseKept();
  });
});

describe('users', () => {
  it('do not wait for one whose payment hangs: who ordered later is served first', async () => {
    const hanging = await shop.order('slow', { paymentToken: 'tok_never' });
    await shop.becomes(hanging.orderId, { status: 'reserved' });
    await shipped('fast-a', 'fast-b', 'fast-c');
    await expect(shop.client.cancel(hanging.orderId)).resolves.toMatchObject({ status: 200 });
  });

  it('do not wait for one whose message nobody can read; that one waits at whom it concerns', async () => {
    shop.poisoned('vandal', await publishMalformed(shop.nats, 'vandal'));
    const { body } = await shop.client.place(shop.wish('vandal'));
    behindPoison = body.orderId;
    await shipped('bystander-a', 'bystander-b');
    const parked = (service: ServiceName): Promise<object[]> =>
      shop.reader.databases
        .of(service)
        .query(`SELECT state FROM messaging.parked WHERE key = 'vandal' ORDER BY id`);
    for (const service of ['inventory', 'notification'] as const) {
      const look = async (): Promise<true> => {
        expect(await parked(service)).toEqual([{ state: 'dead' }, { state: 'waiting' }]);
        return true;
      };
      await eventually(look, { what: `${service} has parked the user` });
    }
    await shop.becomes(behindPoison, { status: 'created' });
  });
});

describe('two instances of a service', () => {
  const owners = async (service: ServiceName): Promise<number> => {
    const [row] = await shop.reader.databases
      .of(service)
      .query<{ owners: number }>(
        `SELECT count(DISTINCT owner) AS owners FROM messaging.ownership WHERE resource LIKE 'partition-%'`,
      );
    return row?.owners ?? 0;
  };

  it.each<ServiceName>(['payment', 'order'])('of %s share its users', async (service) => {
    await eventually(async () => (await owners(service)) === 2, { what: 'both own partitions' });
  });

  it('lose nothing and repeat nothing when one of them is killed under load', async () => {
    const users = Array.from({ length: 12 }, (_, at) => `pair-${at}`);
    const orders = await Promise.all(users.map((user) => shop.order(user)));
    shop.stack.kill('payment-2');
    orders.push(...(await Promise.all(users.map((user) => shop.order(user)))));
    for (const { orderId } of orders) await shop.becomes(orderId, { status: 'shipped' });
  });
});

describe('at the end', () => {
  it('every promise is kept', async () => {
    // Its order waits behind the message that nobody can read, and so do the e-mails about it.
    const isServed = ({ orderId }: { orderId: string }): boolean => orderId !== behindPoison;
    await shop.expectEveryPromiseKept((view) => ({
      ...view,
      orders: view.orders.filter(isServed),
      timeline: view.timeline.filter(isServed),
      // It ends by itself when inventory has not answered for STOCK_TIMEOUT_MS.
      outbox: view.outbox.filter(({ event, delayed }) => !delayed || event !== 'stock-due'),
    }));
  });
});
