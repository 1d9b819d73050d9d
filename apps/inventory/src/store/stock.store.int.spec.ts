import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Database, SqlExecutor } from '@orderflow/database';
import { releasing, reserving, shipping } from '../domain/stock.ts';
import { inventoryDatabase, type InventoryDatabase } from './inventory-database.test-support.ts';
import { ReceiptStore } from './receipt.store.ts';
import { StockStore } from './stock.store.ts';

const stock = new StockStore();
let fixture: InventoryDatabase;
let database: Database;

beforeAll(async () => {
  fixture = await inventoryDatabase();
  database = fixture.database;
});

afterAll(() => fixture.drop());

async function received(quantity: number): Promise<string> {
  const sku = `SKU-${randomUUID().slice(0, 8)}`;
  await new ReceiptStore().receive(database, { receiptId: randomUUID(), sku, quantity });
  return sku;
}

describe('StockStore', () => {
  it('moves pieces from on hand to reserved to shipped, and back', async () => {
    const sku = await received(10);
    const lines = [{ sku, quantity: 4 }];
    await stock.apply(database, reserving(lines));
    await expect(stock.find(database, sku)).resolves.toMatchObject({ on_hand: 6, reserved: 4, shipped: 0 });
    await stock.apply(database, shipping(lines));
    await expect(stock.find(database, sku)).resolves.toMatchObject({ on_hand: 6, reserved: 0, shipped: 4 });
    await stock.apply(database, reserving(lines));
    await stock.apply(database, releasing(lines));
    await expect(stock.find(database, sku)).resolves.toMatchObject({
      on_hand: 6,
      reserved: 0,
      shipped: 4,
      received: 10,
    });
  });

  it('gives the levels of what was ever received', async () => {
    const sku = await received(3);
    const levels = await database.transaction((tx) => stock.lock(tx, [sku, 'NEVER-RECEIVED']));
    expect([...levels]).toEqual([[sku, { onHand: 3, reserved: 0, shipped: 0 }]]);
  });

  it('refuses to reserve more than is on hand', async () => {
    const sku = await received(1);
    await expect(stock.apply(database, reserving([{ sku, quantity: 2 }]))).rejects.toThrow(
      'stock_on_hand_check',
    );
  });

  it('refuses to move pieces of a SKU that was never received', async () => {
    await expect(stock.apply(database, reserving([{ sku: 'NEVER-RECEIVED', quantity: 1 }]))).rejects.toThrow(
      'no stock row',
    );
  });

  it('two batches that take the same SKUs in opposite order take turns', async () => {
    const [left, right] = [await received(10), await received(10)];
    let batches = 0;
    const bothRun = Promise.withResolvers<void>();
    const batch = async (skus: readonly string[]): Promise<void> => {
      await database.transaction(async (tx) => {
        await tx.query('SELECT 1');
        batches += 1;
        if (batches === 2) bothRun.resolve();
        await bothRun.promise;
        for (const sku of skus) await reserveOne(tx, sku);
      });
    };
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => batch(index % 2 === 0 ? [left, right] : [right, left])),
    );
    await expect(stock.find(database, left)).resolves.toMatchObject({ on_hand: 0, reserved: 10 });
    await expect(stock.find(database, right)).resolves.toMatchObject({ on_hand: 0, reserved: 10 });
  });
});

async function reserveOne(tx: SqlExecutor, sku: string): Promise<void> {
  const levels = await stock.lock(tx, [sku]);
  expect(levels.get(sku)?.onHand).toBeGreaterThan(0);
  await stock.apply(tx, reserving([{ sku, quantity: 1 }]));
}
