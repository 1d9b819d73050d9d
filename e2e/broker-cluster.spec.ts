import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { TestShop } from './test-shop.test-support.ts';

const labels = ['nats', 'nats-2', 'nats-3'];

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start({ natsNodes: 3 });
});

afterAll(() => shop.stop(), 60_000);

/** The label of the node that leads a stream: nodes are named as the stack labels them. */
async function leaderOf(stream: string): Promise<string> {
  const manager = await jetstreamManager(shop.nats, { checkAPI: false });
  return await eventually(async () => (await manager.streams.info(stream)).cluster?.leader, {
    what: `${stream} has a leader`,
  });
}

describe('a shop on three brokers', () => {
  it('has three copies of each stream', async () => {
    const manager = await jetstreamManager(shop.nats, { timeout: ANSWER_PATIENCE_MS });
    const copies: number[] = [];
    for await (const { config } of manager.streams.list()) copies.push(config.num_replicas);
    expect(copies).toEqual([3, 3, 3, 3, 3]);
  });

  it('takes and ships orders while the leader of ORDERS is dead, and starts it again', async () => {
    const leader = await leaderOf('ORDERS');
    expect(labels).toContain(leader);
    const before = shop.stack.part(leader).pid;
    shop.stack.kill(leader);
    const order = await shop.order('ada');
    await shop.becomes(order.orderId, { status: 'shipped' });
    const again = (): boolean => ![undefined, before].includes(shop.stack.part(leader).pid);
    await eventually(again, { what: `${leader} runs again` });
    await shop.expectEveryPromiseKept();
  });
});
