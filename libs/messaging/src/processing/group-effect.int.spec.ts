import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import { outboxRow } from '../outbox/outbox-row.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import { noted } from '../testing/events.test-support.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { blockKey, inboxRows } from '../testing/inbox.test-support.ts';
import { type Crew, leaseOf, RESOURCES, startCrew, untilHeld } from '../testing/member.test-support.ts';
import {
  startMessagingDatabase,
  type TestDatabase,
  waitingForLock,
} from '../testing/messaging-database.test-support.ts';
import type { EffectScope } from '../routing/effect-scope.ts';
import { AlreadyHandled, GroupEffect, NoLongerReady } from './group-effect.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

let tables: TestDatabase;
let crew: Crew;
let group: GroupEffect;
let woken: number;

beforeAll(async () => {
  tables = await startMessagingDatabase();
  await tables.database.query(
    'CREATE TABLE effect (key text PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id())',
  );
});

beforeEach(() => {
  crew = startCrew(tables);
  woken = 0;
  group = groupOn(tables.database);
});

function groupOn(database: Database): GroupEffect {
  return new GroupEffect({
    database,
    claims: new Inbox(ORDERED, { inOrder: true }),
    wakeRelay: () => woken++,
  });
}

afterEach(async () => {
  await crew.disband();
  await tables.clear();
  await tables.database.query('TRUNCATE effect');
});

afterAll(async () => {
  await tables.stop();
});

/** Writes a row for the message's key, which is there at most once, and returns the key. */
const write =
  ({ key }: ReceivedMessage) =>
  async ({ tx }: EffectScope): Promise<string> => {
    await tx.query('INSERT INTO effect (key) VALUES ($1)', [key]);
    return key;
  };

const commit = (
  held: ReceivedMessage,
  {
    leases = [],
    work = write(held),
  }: { leases?: Lease[]; work?: (scope: EffectScope) => Promise<string> } = {},
): Promise<string> => group.commit({ held, leases, work });

const effects = (): Promise<{ key: string; tx: string }[]> =>
  tables.database.query('SELECT key, tx FROM effect ORDER BY key');
const keysWithEffect = async (): Promise<string[]> => (await effects()).map(({ key }) => key);
const handledIds = async (): Promise<string[]> =>
  (await inboxRows(tables.database)).map(({ message_id }) => message_id);

/** Behind one that succeeds: they share its transaction. */
async function together(rest: () => Promise<string>[]): Promise<unknown[]> {
  const first = commit(receivedMessage('0'));
  const answers = await Promise.allSettled(rest());
  expect(await first).toBe('0');
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : (answer.reason as unknown)));
}

describe('effects of external handlers that are ready at the same time', () => {
  it('share a transaction, and each gets what its own work returned', async () => {
    const answers = await together(() => ['a', 'b', 'c'].map((key) => commit(receivedMessage(key))));
    expect(answers).toEqual(['a', 'b', 'c']);
    const [, ...others] = await effects();
    expect(others.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect(new Set(others.map(({ tx }) => tx)).size).toBe(1);
  });

  it('are kept once each although one of them fails, which leaves nothing', async () => {
    const failing = receivedMessage('b');
    const refusal = new Error('not this one');
    const fail = async (scope: EffectScope): Promise<string> => {
      await write(failing)(scope);
      throw refusal;
    };
    const kept = ['a', 'c', 'd'].map((key) => receivedMessage(key));
    const [a, c, d] = kept;
    const answers = await together(() =>
      [a, failing, c, d].flatMap((held) =>
        held === undefined ? [] : [commit(held, held === failing ? { work: fail } : {})],
      ),
    );
    expect(answers).toEqual(['a', expect.objectContaining({ cause: refusal }), 'c', 'd']);
    expect(await keysWithEffect()).toEqual(['0', 'a', 'c', 'd']);
    expect(await handledIds()).toEqual(expect.arrayContaining(kept.map(({ messageId }) => messageId)));
    expect(await handledIds()).not.toContain(failing.messageId);
  });

  it('are kept although one of them swallowed an SQL error, which is told so', async () => {
    const swallow = async ({ tx }: EffectScope): Promise<string> => {
      // As a careless handler does.
      await tx.query('SELECT 1 / 0').catch(() => undefined);
      return 'swallowed';
    };
    const answers = await together(() => [
      commit(receivedMessage('a')),
      commit(receivedMessage('b'), { work: swallow }),
      commit(receivedMessage('c')),
    ]);
    expect(answers).toEqual(['a', expect.objectContaining({ code: 'TRANSACTION_ABORTED' }), 'c']);
    expect(await keysWithEffect()).toEqual(['0', 'a', 'c']);
  });

  it('are kept although one of them called elsewhere in it, and that is away', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const answers = await together(() => [
      commit(receivedMessage('a')),
      commit(receivedMessage('b'), { work: () => Promise.reject(away) }),
      commit(receivedMessage('c')),
    ]);
    expect(answers).toEqual(['a', expect.objectContaining({ cause: away }), 'c']);
  });

  it('are kept although one of them never ends, and that one is not run beside itself', async () => {
    const shortMs = 300;
    const database = new Database({
      url: tables.url,
      applicationName: 'short',
      idleInTransactionTimeoutMs: shortMs,
    });
    group = groupOn(database);
    const gate = Promise.withResolvers<string>();
    let runs = 0;
    const hang = (): Promise<string> => {
      runs++;
      return gate.promise;
    };
    const answers = await together(() => [
      commit(receivedMessage('a')),
      commit(receivedMessage('b'), { work: hang }),
      commit(receivedMessage('c')),
    ]);
    expect(answers).toEqual(['a', expect.any(Error), 'c']);
    expect(runs).toBe(1);
    gate.resolve('');
    await database.close();
    expect(await keysWithEffect()).toEqual(['0', 'a', 'c']);
  });

  it('do not share with a message that may have ended its process', async () => {
    const held = [receivedMessage('a'), receivedMessage('b', { suspect: true }), receivedMessage('c')];
    await together(() => held.map((message) => commit(message)));
    const txOf = new Map((await effects()).map(({ key, tx }) => [key, tx]));
    expect(txOf.get('c')).toBe(txOf.get('a'));
    expect(txOf.get('b')).not.toBe(txOf.get('a'));
  });

  it('publish their events once, although they were written again', async () => {
    const publish =
      (held: ReceivedMessage) =>
      async (scope: EffectScope): Promise<string> => {
        scope.published.push(outboxRow(noted(held.key, 1), { source: 'counter' }));
        return await write(held)(scope);
      };
    const [a, c] = [receivedMessage('a'), receivedMessage('c')];
    await together(() => [
      commit(a, { work: publish(a) }),
      commit(receivedMessage('b'), { work: () => Promise.reject(new Error('not this one')) }),
      commit(c, { work: publish(c) }),
    ]);
    const rows = await tables.database.query<{ key: string }>(
      'SELECT key FROM messaging.outbox ORDER BY key',
    );
    expect(rows.map(({ key }) => key)).toEqual(['a', 'c']);
    expect(woken).toBe(2);
  });

  it('refuse only the message whose partition another instance has taken', async () => {
    const [resource = ''] = RESOURCES;
    const one = await crew.join('one', 5_000);
    await untilHeld(RESOURCES, one);
    const present = leaseOf(one, resource);
    const earlier = { ...present, epoch: present.epoch - 1 };
    const answers = await together(() => [
      commit(receivedMessage('a'), { leases: [present] }),
      commit(receivedMessage('b'), { leases: [earlier] }),
    ]);
    expect(answers).toEqual(['a', expect.any(OwnershipLost)]);
    expect(await keysWithEffect()).toEqual(['0', 'a']);
  });

  it('take a message once that is there twice', async () => {
    const held = receivedMessage('a');
    const answers = await together(() => [commit(held), commit({ ...held })]);
    expect(answers).toEqual(['a', expect.any(AlreadyHandled)]);
  });

  it('refuse only the message whose key was blocked meanwhile, and record nothing of it', async () => {
    await blockKey(tables.database, 'b');
    const blocked = receivedMessage('b');
    const answers = await together(() => [
      commit(receivedMessage('a')),
      commit(blocked),
      commit(receivedMessage('c')),
    ]);
    expect(answers).toEqual(['a', expect.any(NoLongerReady), 'c']);
    expect(await handledIds()).not.toContain(blocked.messageId);
  });

  it('do not wait for one whose statement waits for a lock', async () => {
    await tables.database.query(`INSERT INTO effect (key) VALUES ('slow')`);
    const lock = await holdTransaction(tables.database, (tx) =>
      tx.query(`SELECT FROM effect WHERE key = 'slow' FOR UPDATE`),
    );
    const slow = commit(receivedMessage('a'), {
      work: async ({ tx }) => {
        await tx.query(`UPDATE effect SET key = 'slow' WHERE key = 'slow'`);
        return 'late';
      },
    });
    await eventually(async () => (await waitingForLock(tables.database)) === 1, { what: 'it waits' });
    expect(await commit(receivedMessage('b'))).toBe('b');
    await lock.commit();
    expect(await slow).toBe('late');
  });
});
