import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { orderDatabase, type OrderDatabase } from './order-database.test-support.ts';
import { ProductStore } from './product.store.ts';

let fixture: OrderDatabase;

beforeAll(async () => {
  fixture = await orderDatabase();
});

afterAll(() => fixture.drop());

describe('ProductStore', () => {
  it('finds what is in the catalogue and leaves out what is not', async () => {
    const products = await new ProductStore().find(fixture.database, ['MUG', 'NO-SUCH', 'LAST-ONE', 'MUG']);
    expect([...products.keys()].sort()).toEqual(['LAST-ONE', 'MUG']);
    expect(products.get('MUG')).toEqual({ sku: 'MUG', unitPrice: { amount: 1_250, currency: 'EUR' } });
  });
});
