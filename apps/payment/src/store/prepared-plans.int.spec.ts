import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { preparedStatements } from '@orderflow/database';
import { tableScans } from '@orderflow/testing';
import { startPayment } from '../payment-service.test-support.ts';

let service: Awaited<ReturnType<typeof startPayment>>;

beforeAll(async () => {
  service = await startPayment();
});

afterAll(() => service.stop());

it('each prepared statement of payment and its messaging is planned by an index, although the tables are empty', async () => {
  const statements = preparedStatements();
  expect(statements.length).toBeGreaterThan(5);
  expect(await tableScans((text) => service.database.query(text), statements)).toEqual([]);
});
