import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { Database, SqlExecutor } from '@orderflow/database';
import { releasing, reserving, shipping } from '../domain/stock.ts';
import { inventoryDatabase, type InventoryDatabase } from './inventory-database.test-support.ts';
import { ReceiptStore } from './receipt.store.ts';
import { StockStore } from './stock.store.ts';

const stock = new StockStore();
let fixture: InventoryDatabase;
let database: Database;
/** As another instance has one. */
let second: Database;

beforeAll(async () => {
  fixture = await inventoryDatabase();
  database = fixture.database;
  second = database.dedicated({ purpose: 'second', maxConnections: 4, queryTimeoutMs: 30_000 });
});

afterAll(async () => {
  await second.close();
  await fixture.drop();
});

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
    await stock.note(database, shipping(lines));
    await expect(stock.find(database, sku)).resolves.toMatchObject({ on_hand: 6, reserved: 0, shipped: 4 });
    await stock.apply(database, reserving(lines));
    await stock.note(database, releasing(lines));
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

  it('adds what was shipped and given back to the next reservation, and shows it before', async () => {
    const sku = await received(10);
    await stock.apply(database, reserving([{ sku, quantity: 7 }]));
    await stock.note(database, releasing([{ sku, quantity: 4 }]));
    await stock.note(database, shipping([{ sku, quantity: 3 }]));
    const now = { on_hand: 7, reserved: 0, shipped: 3, received: 10 };
    await expect(stock.find(database, sku)).resolves.toMatchObject(now);
    const levels = await database.transaction((tx) => stock.lock(tx, [sku]));
    expect(levels.get(sku)).toEqual({ onHand: 7, reserved: 0, shipped: 3 });
    await expect(stock.find(database, sku)).resolves.toMatchObject(now);
    expect(await database.query('SELECT 1 FROM stock_movement WHERE sku = $1', [sku])).toEqual([]);
  });

  it('refuses to give back pieces of a SKU that was never received', async () => {
    await expect(stock.note(database, releasing([{ sku: 'NEVER-RECEIVED', quantity: 1 }]))).rejects.toThrow(
      'no stock row',
    );
  });
});

describe('transactions side by side', () => {
  it('do not wait for each other when they need different SKUs', async () => {
    const [left, right] = [await received(1), await received(1)];
    await database.transaction(async (tx) => {
      await reserveOne(tx, [left]);
      // This would never end if it waited for the transaction around it.
      await database.transaction((other) => reserveOne(other, [right]));
    });
    await expect(stock.find(database, right)).resolves.toMatchObject({ on_hand: 0, reserved: 1 });
  });

  it('ship and give back while a reservation holds the SKU', async () => {
    const sku = await received(5);
    await stock.apply(database, reserving([{ sku, quantity: 2 }]));
    await database.transaction(async (tx) => {
      await stock.lock(tx, [sku]);
      await stock.note(database, shipping([{ sku, quantity: 1 }]));
      await stock.note(database, releasing([{ sku, quantity: 1 }]));
    });
    await expect(stock.find(database, sku)).resolves.toMatchObject({ on_hand: 4, reserved: 0, shipped: 1 });
  });

  it('give the last piece to one of many', async () => {
    const sku = await received(1);
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (index % 2 === 0 ? database : second).transaction((tx) => reserveOne(tx, [sku])),
      ),
    );
    expect(outcomes.filter((won) => won)).toHaveLength(1);
    await expect(stock.find(database, sku)).resolves.toMatchObject({ on_hand: 0, reserved: 1 });
  });

  it('that lock twice fail at once where they would wait for each other', async () => {
    const [first = '', last = ''] = [await received(2), await received(2)].sort();
    await database.transaction(async (tx) => {
      await reserveOne(tx, [first]);
      const backwards = second.transaction(async (other) => {
        await reserveOne(other, [last]);
        await reserveOne(other, [first]);
      });
      await expect(backwards).rejects.toMatchObject({ code: '55P03' });
      await reserveOne(tx, [last]);
    });
    await expect(stock.find(database, last)).resolves.toMatchObject({ on_hand: 1, reserved: 1 });
  });

  it('of overlapping SKU sets end without a deadlock, a lost piece or less than nothing', async () => {
    const skus = await Promise.all(Array.from({ length: 8 }, () => received(30)));
    const sets = fc.sample(fc.shuffledSubarray(skus, { minLength: 1, maxLength: 5 }), 240);
    const before = await deadlocks();
    let done = 0;
    await Promise.all(
      sets.map(async (set, index) => {
        const pool = index % 2 === 0 ? database : second;
        if (!(await pool.transaction((tx) => reserveOne(tx, set)))) return;
        const lines = set.map((sku) => ({ sku, quantity: 1 }));
        await pool.transaction((tx) => stock.note(tx, index % 3 === 0 ? shipping(lines) : releasing(lines)));
        done += 1;
      }),
    );
    expect(done).toBeGreaterThan(0);
    for (const row of (await stock.list(database)).filter(({ sku }) => skus.includes(sku))) {
      expect(row).toMatchObject({ reserved: 0, received: 30 });
      expect(row.on_hand).toBeGreaterThanOrEqual(0);
      expect(row.on_hand + row.shipped).toBe(30);
    }
    expect(await deadlocks()).toEqual(before);
  });
});

/** Takes one piece of each SKU; false when one of them is out of stock. */
async function reserveOne(tx: SqlExecutor, skus: readonly string[]): Promise<boolean> {
  const levels = await stock.lock(tx, skus);
  if (skus.some((sku) => (levels.get(sku)?.onHand ?? 0) < 1)) return false;
  await stock.apply(tx, reserving(skus.map((sku) => ({ sku, quantity: 1 }))));
  return true;
}

/** The statistics of a session are written when it is idle; a deadlock would also have rejected its transaction. */
async function deadlocks(): Promise<unknown> {
  const [row] = await database.query(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return row;
}
