import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { preparedStatements } from '@orderflow/database';
import { tableScans } from '@orderflow/testing';
import { startOrderService } from '../order-service.test-support.ts';

let service: Awaited<ReturnType<typeof startOrderService>>;

beforeAll(async () => {
  service = await startOrderService();
});

afterAll(() => service.stop());

it('each prepared statement of order and its messaging is planned by an index, although the tables are empty', async () => {
  const statements = preparedStatements();
  expect(statements.length).toBeGreaterThan(5);
  expect(await tableScans((text) => service.database.query(text), statements)).toEqual([]);
});
