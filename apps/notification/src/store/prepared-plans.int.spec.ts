import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { preparedStatements } from '@orderflow/database';
import { tableScans } from '@orderflow/testing';
import { startNotification } from '../notification-service.test-support.ts';

let service: Awaited<ReturnType<typeof startNotification>>;

beforeAll(async () => {
  service = await startNotification();
});

afterAll(() => service.stop());

it('each prepared statement of notification and its messaging is planned by an index, although the tables are empty', async () => {
  const statements = preparedStatements();
  expect(statements.length).toBeGreaterThan(5);
  expect(await tableScans((text) => service.database.query(text), statements)).toEqual([]);
});
