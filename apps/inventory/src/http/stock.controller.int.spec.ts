import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import {
  type Answer,
  ask,
  type InventoryService,
  startInventoryService,
} from '../inventory-service.test-support.ts';
import { StockController } from './stock.controller.ts';

let service: InventoryService;

beforeAll(async () => {
  service = await startInventoryService();
});

afterAll(() => service.stop());

function get(path: string): Promise<Answer> {
  return ask(`${service.url}${path}`);
}

function receive(sku: string, body: unknown): Promise<Answer> {
  return ask(`${service.url}/stock/${sku}/receipts`, body);
}

it('resolves a controller with what its constructor asks for', () => {
  expect(service.app.get(StockController)).toHaveProperty('receipts.receive');
});

describe('PUT /stock/:sku/receipts', () => {
  it('adds the pieces', async () => {
    const answer = await receive('KETTLE', { receiptId: randomUUID(), quantity: 1_000_000 });
    const figures = { sku: 'KETTLE', onHand: 1_000_000, reserved: 0, shipped: 0, received: 1_000_000 };
    expect(answer).toMatchObject({ status: 200, body: figures });
    await expect(get('/stock/KETTLE')).resolves.toMatchObject({ status: 200, body: figures });
    const { body } = await get('/stock');
    expect(body['stock']).toContainEqual(figures);
  });

  it('counts a receipt once', async () => {
    const receipt = { receiptId: randomUUID(), quantity: 5 };
    const first = await receive('MUG', receipt);
    await expect(receive('MUG', receipt)).resolves.toEqual(first);
    await expect(receive('MUG', { ...receipt, receiptId: receipt.receiptId.toUpperCase() })).resolves.toEqual(
      first,
    );
  });

  it.each([
    ['quantity', 'TEAPOT', 6],
    ['SKU', 'TRAY', 5],
  ])('refuses a known id with another %s: 422', async (_what, sku, quantity) => {
    const receiptId = randomUUID();
    const { body: before } = await receive('TEAPOT', { receiptId, quantity: 5 });
    const answer = await receive(sku, { receiptId, quantity });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ field: 'receiptId' }] } });
    await expect(get('/stock/TEAPOT')).resolves.toMatchObject({ body: before });
    await expect(get('/stock/TRAY')).resolves.toMatchObject({ status: 404 });
  });

  const receiptId = '22222222-2222-4222-8222-222222222222';
  it.each<[string, string, unknown]>([
    ['sku', 'A.B', { receiptId, quantity: 1 }],
    ['sku', 'x'.repeat(65), { receiptId, quantity: 1 }],
    ['receiptId', 'SPOON', { receiptId: 'first', quantity: 1 }],
    ['receiptId', 'SPOON', { quantity: 1 }],
    ['quantity', 'SPOON', { receiptId, quantity: 0 }],
    ['quantity', 'SPOON', { receiptId, quantity: -1 }],
    ['quantity', 'SPOON', { receiptId, quantity: 1_000_001 }],
    ['quantity', 'SPOON', { receiptId, quantity: 1.5 }],
    ['quantity', 'SPOON', { receiptId, quantity: '1' }],
    ['price', 'SPOON', { receiptId, quantity: 1, price: 1 }],
  ])('names %s of %s with %j: 422, and receives nothing', async (field, sku, body) => {
    const answer = await receive(sku, body);
    expect(answer).toMatchObject({
      status: 422,
      type: expect.stringContaining('application/problem+json'),
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    });
    await expect(get('/stock/SPOON')).resolves.toMatchObject({ status: 404 });
  });
});

it.each([
  '/reservations/11111111-1111-4111-8111-111111111111',
  '/reservations/no-uuid',
  '/stock/NEVER-RECEIVED',
])('%s: 404', async (path) => {
  await expect(get(path)).resolves.toMatchObject({ status: 404, body: { status: 404 } });
});

it('describes every route at /docs-json', async () => {
  const { body } = await get('/docs-json');
  const routes = ['/stock', '/stock/{sku}', '/stock/{sku}/receipts', '/reservations/{orderId}'];
  for (const route of routes) expect(body['paths']).toHaveProperty([route]);
});
