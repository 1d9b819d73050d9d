import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { inventoryDatabase, type InventoryDatabase } from './inventory-database.test-support.ts';
import { LOCK, ReservationStore } from './reservation.store.ts';

const store = new ReservationStore();
let fixture: InventoryDatabase;

beforeAll(async () => {
  fixture = await inventoryDatabase();
});

afterAll(() => fixture.drop());

describe('the lock on reservations', () => {
  it('looks by the index, also with a plan that was made while the table was empty', async () => {
    const rows = await fixture.database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${LOCK}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using reservation_pkey');
    expect(plan).not.toContain('Seq Scan');
  });

  it('names a reservation as it was asked for, and leaves out what is not there', async () => {
    const { database } = fixture;
    const orderId = randomUUID();
    const lines = [{ sku: 'MUG', quantity: 2 }];
    const order = { userId: 'ada', orderId };
    await store.save(database, [{ order, reservation: { status: 'reserved', lines } }]);
    const asked = orderId.toUpperCase();
    const known = await database.transaction((tx) => store.lock(tx, [randomUUID(), asked]));
    expect([...known]).toEqual([[asked, { status: 'reserved', lines }]]);
  });
});
