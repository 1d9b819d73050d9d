import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SqlExecutor } from '@orderflow/database';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { BatchEffect } from '../routing/batch-effect.ts';
import { inboxRows } from '../testing/inbox.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import { AlreadyHandled, GroupEffect } from './group-effect.ts';

let tables: TestDatabase;
let group: GroupEffect;
/** The items of each run of the work. */
let runs: string[][];

beforeAll(async () => {
  tables = await startMessagingDatabase();
  await tables.database.query('CREATE TABLE effect (key text PRIMARY KEY)');
  const claims = new Inbox(ORDERED, { inOrder: true });
  group = new GroupEffect({ database: tables.database, claims, wakeRelay: () => undefined });
});

afterEach(async () => {
  runs = [];
  await tables.clear();
  await tables.database.query('TRUNCATE effect');
});

afterAll(() => tables.stop());

/** One statement for all; the result says whether the row was new. `NULL` makes it fail. */
async function insert(tx: SqlExecutor, keys: readonly string[]): Promise<boolean[]> {
  runs.push([...keys]);
  const rows = await tx.query<{ key: string }>(
    `INSERT INTO effect (key) SELECT nullif(key, 'NULL') FROM unnest($1::text[]) AS key
     ON CONFLICT (key) DO NOTHING RETURNING key`,
    [keys],
  );
  const isNew = new Set(rows.map(({ key }) => key));
  return keys.map((key) => isNew.delete(key));
}

runs = [];
const inserted = new BatchEffect(insert);

function commit(held: ReceivedMessage, item = held.key, effect = inserted): Promise<boolean> {
  const entry = effect.entry(item);
  return group.commit({ held, leases: [], work: (scope) => entry.result(scope), entry });
}

async function answersOf(commits: readonly Promise<boolean>[]): Promise<unknown[]> {
  const answers = await Promise.allSettled(commits);
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : (answer.reason as unknown)));
}

const effects = async (): Promise<string[]> =>
  (await tables.database.query<{ key: string }>('SELECT key FROM effect ORDER BY key')).map(({ key }) => key);

describe('a batch effect', () => {
  it('does its work once for the messages of a transaction, and gives each its own result', async () => {
    await tables.database.query(`INSERT INTO effect (key) VALUES ('b')`);
    const held = ['a', 'b', 'c'].map((key) => receivedMessage(key));
    expect(await answersOf(held.map((one) => commit(one)))).toEqual([true, false, true]);
    expect(runs).toEqual([['a', 'b', 'c']]);
    expect(await inboxRows(tables.database)).toHaveLength(3);
  });

  it('has the effect of all but the one that makes its statement fail, which alone is refused', async () => {
    const held = ['a', 'b', 'c', 'd'].map((key) => receivedMessage(key));
    const answers = await answersOf(held.map((one) => commit(one, one.key === 'c' ? 'NULL' : one.key)));
    const refused = expect.objectContaining({ cause: expect.objectContaining({ code: '23502' }) });
    expect(answers).toEqual([true, true, refused, true]);
    expect(await effects()).toEqual(['a', 'b', 'd']);
    const handled = (await inboxRows(tables.database)).map(({ message_id }) => message_id);
    expect(handled.toSorted()).toEqual(
      held
        .filter(({ key }) => key !== 'c')
        .map(({ messageId }) => messageId)
        .toSorted(),
    );
  });

  it('leaves out a message that was handled before', async () => {
    const before = receivedMessage('a');
    await commit(before, 'x');
    runs = [];
    expect(await answersOf([commit(before), commit(receivedMessage('b'))])).toEqual([
      expect.any(AlreadyHandled),
      true,
    ]);
    expect(runs).toEqual([['b']]);
  });

  it('fails when its work gives another number of results than there are items', async () => {
    const careless = new BatchEffect<string, boolean>(() => Promise.resolve([]));
    const [answer] = await answersOf([commit(receivedMessage('a'), 'a', careless)]);
    expect(answer).toMatchObject({ cause: { message: expect.stringContaining('0 results for 1 items') } });
    expect(await inboxRows(tables.database)).toEqual([]);
  });
});
