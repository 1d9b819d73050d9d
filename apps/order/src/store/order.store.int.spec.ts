import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Database, SqlExecutor } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import type { OrderState } from '../domain/order.ts';
import { orderDatabase, type OrderDatabase, orderDetails } from './order-database.test-support.ts';
import { FIRST_PAGE, LOCK, OrderStore, type PageStart } from './order.store.ts';

const store = new OrderStore();
let fixture: OrderDatabase;
let database: Database;

beforeAll(async () => {
  fixture = await orderDatabase();
  database = fixture.database;
});

afterAll(() => fixture.drop());

describe('OrderStore', () => {
  it('finds an order as it was placed', async () => {
    const details = orderDetails();
    await store.insert(database, [{ details, dueMessageId: undefined }]);
    const expected = { state: { status: 'created', details }, dueMessageId: undefined };
    await expect(store.find(database, details.orderId)).resolves.toEqual(expected);
  });

  it('says none of an order that was never placed', async () => {
    await expect(store.find(database, randomUUID())).resolves.toMatchObject({ state: { status: 'none' } });
  });

  const details = orderDetails();
  const paymentId = 'ch_1';
  it.each<OrderState>([
    { status: 'created', details },
    { status: 'reserved', details },
    { status: 'paid', details, paymentId },
    { status: 'shipped', details, paymentId, trackingNumber: 'OF-1' },
    { status: 'cancelled', details, reason: 'out_of_stock' },
  ])('reads back an order that is $status', async (state) => {
    const { orderId } = details;
    if (state.status === 'created') await store.insert(database, [{ details, dueMessageId: undefined }]);
    await store.update(database, [{ orderId, order: { state, dueMessageId: 'message-1' } }]);
    await expect(store.find(database, orderId)).resolves.toEqual({ state, dueMessageId: 'message-1' });
  });

  it('lets one transaction at a time decide about an order', async () => {
    const contested = orderDetails();
    await store.insert(database, [{ details: contested, dueMessageId: undefined }]);
    const [first, second] = await database.transaction(async (tx) => {
      const statusOf = async (db: SqlExecutor): Promise<string | undefined> =>
        (await store.lock(db, [contested.orderId])).get(contested.orderId)?.state.status;
      const before = await statusOf(tx);
      const after = database.transaction(statusOf);
      await eventually(() => lockWaits(database), { what: 'the second transaction waits for the first' });
      const state: OrderState = { status: 'paid', details: contested, paymentId: 'ch_2' };
      await store.update(tx, [{ orderId: contested.orderId, order: { state, dueMessageId: undefined } }]);
      return [before, after];
    });
    expect([first, await second]).toEqual(['created', 'paid']);
  });
});

async function lockWaits(db: Database): Promise<boolean> {
  const waiting = await db.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}

describe('a page of orders', () => {
  // Pairs share a time, so that a page can end between two orders of the same moment.
  const times = [0, 0, 1, 1, 2, 2, 3].map((second) => `2026-02-01T00:00:0${String(second)}.123Z`);
  const placed = times.map((createdAt) => orderDetails({ userId: 'pager', createdAt }));

  beforeAll(async () => {
    const others = [orderDetails({ userId: 'pager-2' })];
    await store.insert(
      database,
      [...placed, ...others].map((order) => ({ details: order, dueMessageId: undefined })),
    );
  });

  it.each([1, 2, 3, 7, 10])(
    'of %i leads through all of a user’s orders, newest first, each once',
    async (limit) => {
      const expected = placed.map(({ orderId }) => orderId).reverse();
      await expect(readAll('pager', limit)).resolves.toEqual(expected);
    },
  );

  it('is read from the index, without a sort', async () => {
    const plan: string[] = [];
    await database.transaction(async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off');
      const explain: SqlExecutor = {
        query: async (text, values) => {
          const rows = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
          plan.push(...rows.map((row) => row['QUERY PLAN']));
          return [];
        },
      };
      await store.page(explain, 'pager', FIRST_PAGE, 3);
    });
    const text = plan.join('\n');
    expect(text).toContain('orders_by_user');
    expect(text).not.toContain('Sort');
  });
});

async function readAll(userId: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let start: PageStart | undefined = FIRST_PAGE;
  while (start !== undefined) {
    const page = await store.page(database, userId, start, limit);
    const found = page.flatMap(({ state }) => (state.status === 'none' ? [] : [state.details]));
    ids.push(...found.map(({ orderId }) => orderId));
    start = found.at(-1);
  }
  return ids;
}

describe('the lock on orders', () => {
  it('looks by the index, also with a plan that was made while the table was empty', async () => {
    const rows = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${LOCK}`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Index Scan using orders_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});
