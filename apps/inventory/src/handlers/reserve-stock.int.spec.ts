import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { randomUUID } from 'node:crypto';
import { type Delivered, type DeliverOptions, MessagingTestKit } from '@orderflow/messaging/testing';
import { inventoryDatabase, type InventoryDatabase } from '../store/inventory-database.test-support.ts';
import { ReceiptStore } from '../store/receipt.store.ts';
import { ReservationStore } from '../store/reservation.store.ts';
import { StockStore } from '../store/stock.store.ts';
import { cancelled, created, newOrder, type Order, paid } from './order-events.test-support.ts';
import { ReleaseStockHandler } from './release-stock.handler.ts';
import { ReservationProgress } from './reservation-progress.ts';
import { ReserveStockHandler } from './reserve-stock.handler.ts';
import { ShipOrderHandler } from './ship-order.handler.ts';

let fixture: InventoryDatabase;
let kit: MessagingTestKit;
let close: () => Promise<void>;

beforeAll(async () => {
  fixture = await inventoryDatabase();
  const module = await Test.createTestingModule({
    controllers: [ReserveStockHandler, ShipOrderHandler, ReleaseStockHandler],
    providers: [ReservationProgress, ReservationStore, StockStore],
  }).compile();
  const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
  kit = await MessagingTestKit.create({ app, database: fixture.database, service: 'inventory' });
  close = () => app.close();
});

afterAll(async () => {
  await close();
  await fixture.drop();
});

/** Ten pieces of a SKU of the test's own, and an order of two of them. */
async function orderOfTwo(): Promise<{ sku: string; order: ReturnType<typeof newOrder>; event: object }> {
  const sku = `SKU-${randomUUID().slice(0, 8)}`;
  await new ReceiptStore().receive(fixture.database, { receiptId: randomUUID(), sku, quantity: 10 });
  const order = newOrder(`user-${sku}`);
  return { sku, order, event: created(order, { [sku]: 2 }) };
}

async function stockOf(sku: string): Promise<unknown> {
  const columns = 'SELECT on_hand, reserved, shipped FROM stock WHERE sku = $1';
  const [row] = await fixture.database.query(columns, [sku]);
  return row;
}

async function statusesOf(orders: readonly Order[]): Promise<(string | undefined)[]> {
  const store = new ReservationStore();
  const rows = await Promise.all(orders.map(({ orderId }) => store.find(fixture.database, orderId)));
  return rows.map((row) => row?.status);
}

const types = ({ published }: Delivered): string[] => published.map(({ type }) => type);
const once: DeliverOptions = { messageId: 'the-same' };

describe('a reservation', () => {
  it('is made once when its fact is delivered twice', async () => {
    const { sku, event } = await orderOfTwo();
    const first = await kit.deliver(event, once);
    expect([first.state, ...types(first)]).toEqual(['handled', 'inventory.reserved.v1']);
    expect(types(await kit.deliver(event, once))).toEqual(types(first));
    expect(await stockOf(sku)).toEqual({ on_hand: 8, reserved: 2, shipped: 0 });
  });

  it.each([
    ['before its commit', 'before-commit', { on_hand: 10, reserved: 0, shipped: 0 }],
    ['after it', 'after-commit', { on_hand: 8, reserved: 2, shipped: 0 }],
  ] as const)('is made once when the process dies %s', async (_when, crash, meanwhile) => {
    const { sku, event } = await orderOfTwo();
    const messageId = randomUUID();
    expect(await kit.deliver(event, { messageId, crash })).toMatchObject({ outcome: 'crashed' });
    expect(await stockOf(sku)).toEqual(meanwhile);

    const again = await kit.deliver(event, { messageId });
    expect([again.outcome, ...types(again)]).toEqual(['settled', 'inventory.reserved.v1']);
    expect(await stockOf(sku)).toEqual({ on_hand: 8, reserved: 2, shipped: 0 });
  });

  it('is a dead letter when its body is no order, and takes nothing from the stock', async () => {
    const { sku, event } = await orderOfTwo();
    expect(await kit.deliver(event, { body: '{"lines": 7}' })).toMatchObject({
      state: 'dead',
      published: [],
    });
    expect(await stockOf(sku)).toEqual({ on_hand: 10, reserved: 0, shipped: 0 });
  });
});

describe('a batch of facts of one order', () => {
  it('moves the pieces as one fact after the other would', async () => {
    const [shipped, returned] = [await orderOfTwo(), await orderOfTwo()];
    const states = await kit.deliverBatch([
      shipped.event,
      returned.event,
      paid(shipped.order),
      cancelled(returned.order),
    ]);
    expect(states).toEqual(['handled', 'handled', 'handled', 'handled']);
    expect(await stockOf(shipped.sku)).toEqual({ on_hand: 8, reserved: 0, shipped: 2 });
    expect(await stockOf(returned.sku)).toEqual({ on_hand: 10, reserved: 0, shipped: 0 });
  });
});

describe('a batch of orders of one SKU', () => {
  it('gives the pieces to who came first, and the rest to who needs no more than that', async () => {
    const { sku } = await orderOfTwo();
    const orders = ['ada', 'bob', 'eve'].map((user) => newOrder(`${user}-${sku}`));
    const wanted = [6, 6, 4];
    const states = await kit.deliverBatch(
      orders.map((order, index) => created(order, { [sku]: wanted[index] ?? 0 })),
    );
    expect(states).toEqual(['handled', 'handled', 'handled']);
    expect(await statusesOf(orders)).toEqual(['reserved', 'rejected', 'reserved']);
    expect(await stockOf(sku)).toEqual({ on_hand: 0, reserved: 10, shipped: 0 });
  });
});
