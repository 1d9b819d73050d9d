import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { IntakePosition } from './intake-position.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await startMessagingDatabase();
});

afterAll(() => db.stop());

const position = (): IntakePosition => new IntakePosition(db.database, 'COUNTS', 'ledger-COUNTS-00');

it('is kept for each consumer, and goes back only with its stream', async () => {
  expect(await position().load()).toBeUndefined();
  await position().save({ incarnation: 'a', sequence: 10 });
  await position().save({ incarnation: 'a', sequence: 7 });
  expect(await position().load()).toEqual({ incarnation: 'a', sequence: 10 });
  await position().save({ incarnation: 'a', sequence: 5 }, true);
  expect(await position().load()).toEqual({ incarnation: 'a', sequence: 5 });
  await position().save({ incarnation: 'b', sequence: 1 });
  expect(await position().load()).toEqual({ incarnation: 'b', sequence: 1 });
});
