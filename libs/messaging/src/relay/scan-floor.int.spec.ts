import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noted } from '../testing/events.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { outboxRow } from '../outbox/outbox-row.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { RelayStore } from './relay-store.ts';
import { ScanFloor } from './scan-floor.ts';

let tables: TestDatabase;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterAll(() => tables.stop());

describe('the scan floor of an outbox that was never used', () => {
  it('lies below the first row, however often the relay has looked before it came', async () => {
    const store = new RelayStore(tables.database);
    const floor = new ScanFloor();
    for (let n = 0; n < 5; n++) {
      floor.observe(await store.horizon());
      floor.looked(undefined);
    }
    const row = outboxRow(noted('ada', 1), { source: 'notes' });
    await tables.database.transaction((tx) => insertOutboxRows(tx, [row]));
    const [first] = await tables.database.query<{ id: number }>('SELECT id FROM messaging.outbox');
    expect(floor.value).toBeLessThan(first?.id ?? 0);
  });
});
