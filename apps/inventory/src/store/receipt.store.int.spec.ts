import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { inventoryDatabase, type InventoryDatabase } from './inventory-database.test-support.ts';
import { ReceiptStore } from './receipt.store.ts';
import { StockStore } from './stock.store.ts';

const receipts = new ReceiptStore();
const stock = new StockStore();
let fixture: InventoryDatabase;

beforeAll(async () => {
  fixture = await inventoryDatabase();
});

afterAll(() => fixture.drop());

describe('ReceiptStore', () => {
  it('adds the pieces of every receipt', async () => {
    const { database } = fixture;
    await receipts.receive(database, { receiptId: randomUUID(), sku: 'MUG', quantity: 5 });
    await receipts.receive(database, { receiptId: randomUUID(), sku: 'MUG', quantity: 7 });
    await expect(stock.find(database, 'MUG')).resolves.toMatchObject({ on_hand: 12, received: 12 });
  });

  it('counts a receipt once, however often and at whatever moment it is sent', async () => {
    const { database } = fixture;
    const receipt = { receiptId: randomUUID(), sku: 'KETTLE', quantity: 5 };
    const answers = await Promise.all(Array.from({ length: 8 }, () => receipts.receive(database, receipt)));
    expect(answers).toEqual(Array.from({ length: 8 }, () => receipt));
    await expect(stock.find(database, 'KETTLE')).resolves.toMatchObject({ on_hand: 5, received: 5 });
  });

  it('answers a known id with what is stored under it, and adds nothing', async () => {
    const { database } = fixture;
    const first = { receiptId: randomUUID(), sku: 'TEAPOT', quantity: 5 };
    await receipts.receive(database, first);
    await expect(receipts.receive(database, { ...first, sku: 'TRAY', quantity: 6 })).resolves.toEqual(first);
    await expect(stock.find(database, 'TRAY')).resolves.toBeUndefined();
  });
});
