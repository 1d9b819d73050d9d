import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { noted } from '../testing/events.test-support.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { Delivery } from '../routing/delivery.ts';

let tables: TestDatabase;
const publishing = {
  service: 'counter',
  consumer: 'counter',
  rules: new PublishRules('any', () => undefined),
};
const signal = new AbortController().signal;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterAll(() => tables.stop());

function handle(id: string, count: number): OutboxRow[] {
  const published: OutboxRow[] = [];
  const scope = { tx: tables.database, published };
  const delivery = new Delivery({
    held: { ...receivedMessage('u1'), messageId: id },
    attempt: 1,
    publishing,
    signal,
    scope,
  });
  for (let n = 0; n < count; n++) delivery.publish(noted('u1', n));
  return published;
}

describe('what a handler publishes', () => {
  it('has the same ids when the message is handled again, and others for another message', () => {
    const ids = (rows: readonly OutboxRow[]): string[] => rows.map((row) => row.messageId);
    const first = ids(handle('a', 3));
    expect(new Set(first).size).toBe(3);
    expect(ids(handle('a', 3))).toEqual(first);
    expect(ids(handle('b', 3)).some((id) => first.includes(id))).toBe(false);
  });

  it('has the same ids in each run of the work that is given to transact()', async () => {
    const runs: string[][] = [];
    const delivery = new Delivery({
      held: receivedMessage('a'),
      attempt: 1,
      publishing,
      signal,
      // As when another message of the group failed: the work runs twice.
      transact: async (work) => {
        await work({ tx: tables.database, published: [] });
        return await work({ tx: tables.database, published: [] });
      },
    });
    await delivery.transact(() => {
      runs.push([delivery.publish(noted('u1', 1)), delivery.publish(noted('u1', 2))]);
      return Promise.resolve();
    });
    expect(runs).toHaveLength(2);
    expect(runs[1]).toEqual(runs[0]);
  });

  it('waits once in the outbox when it is added again', async () => {
    for (let n = 0; n < 2; n++)
      await tables.database.transaction((tx) => insertOutboxRows(tx, handle('a', 2)));
    expect(await tables.database.query('SELECT FROM messaging.outbox')).toHaveLength(2);
  });
});
