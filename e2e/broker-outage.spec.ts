import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { TestShop } from './test-shop.test-support.ts';

/** After the outage has been noticed everywhere. */
const ordersAfterwards = 50;
const services = ['order', 'payment', 'inventory', 'notification'];

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start({});
});

afterAll(() => shop.stop(), 60_000);

async function statusOf(label: string, probe: string): Promise<number> {
  return (await fetch(`${shop.stack.part(label).url}/health/${probe}`)).status;
}

async function noticedEverywhere(): Promise<boolean> {
  const statuses = await Promise.all(services.map((label) => statusOf(label, 'messaging')));
  return statuses.every((status) => status === 503);
}

/** Places orders one after the other: until the outage has been noticed, and some more. */
async function orderThroughout(prefix: string): Promise<string[]> {
  const orders: string[] = [];
  const place = async (): Promise<void> => {
    orders.push((await shop.order(`${prefix}-${String(orders.length)}`)).orderId);
  };
  const noticed = async (): Promise<boolean> => {
    await place();
    return await noticedEverywhere();
  };
  await eventually(noticed, { what: 'every service has noticed that the broker is away' });
  for (let more = 0; more < ordersAfterwards; more += 1) await place();
  return orders;
}

describe('a broker that does not answer any more', () => {
  it('costs no order: each is accepted, and handled when the broker answers again', async () => {
    shop.stack.kill('nats', 'SIGSTOP');
    const orders = await orderThroughout('silent');
    expect(await statusOf('order', 'ready')).toBe(200);
    shop.stack.kill('nats', 'SIGCONT');
    for (const orderId of orders) await shop.becomes(orderId, { status: 'shipped' });
    await shop.expectEveryPromiseKept();
  });
});
