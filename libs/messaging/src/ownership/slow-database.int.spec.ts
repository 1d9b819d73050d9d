import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Database, sqlStateOf } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { type HeldTransaction, holdTransaction } from '../testing/held-transaction.test-support.ts';
import { type Crew, leaseOf, RESOURCES, startCrew, untilHeld } from '../testing/member.test-support.ts';
import {
  startMessagingDatabase,
  type TestDatabase,
  waitingForLock,
} from '../testing/messaging-database.test-support.ts';
import { shareOut } from './rendezvous.ts';

let tables: TestDatabase;
let crew: Crew;
let impatient: Database;
let lock: HeldTransaction;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

beforeEach(async () => {
  crew = startCrew(tables);
  impatient = tables.another(2).dedicated({ purpose: 'lease', maxConnections: 2, queryTimeoutMs: 200 });
  lock = await holdTransaction(tables.database, (tx) => tx.query('LOCK TABLE messaging.ownership'));
});

afterEach(async () => {
  await lock.rollBack();
  await crew.disband();
  await impatient.close();
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

describe('an instance that boots while the database answers later than its lease lasts', () => {
  it('has its share as soon as it answers', async () => {
    const joining = crew.join('one', 200, { database: impatient });
    await eventually(async () => (await waitingForLock(tables.database)) > 1, { what: 'it has tried twice' });
    await lock.commit();
    await untilHeld(RESOURCES, await joining);
  });

  it('ends at once when it is stopped, and leaves nothing behind', async () => {
    const joining = crew.join('one', 60_000, { database: impatient, bootTimeoutMs: 3_600_000 });
    const ended = expect(joining).rejects.toMatchObject({ code: 'NO_ANSWER' });
    await eventually(async () => (await waitingForLock(tables.database)) > 0, { what: 'it tries' });
    await crew.disband();
    await ended;
    await lock.commit();
    expect(await tables.database.query('SELECT * FROM messaging.member')).toEqual([]);
  });

  it('has lost what it took in a try that failed: another may have it by now', async () => {
    await lock.rollBack();
    const { database } = tables;
    // Ours by name, but another's share: it is given up after the take, which has to wait here.
    const shares = shareOut(RESOURCES, ['one', 'two']);
    const ofTwo = RESOURCES.find((resource) => shares.get(resource) === 'two') ?? '';
    await database.query(`INSERT INTO messaging.member VALUES ('two', true, 'infinity')`);
    await database.query(`INSERT INTO messaging.ownership (resource, owner) VALUES ($1, 'one')`, [ofTwo]);
    lock = await holdTransaction(database, (tx) =>
      tx.query('SELECT FROM messaging.ownership WHERE resource = $1 FOR UPDATE', [ofTwo]),
    );
    const joining = crew.join('one', 200, { database: impatient });
    await eventually(async () => (await waitingForLock(database)) > 1, { what: 'it has tried twice' });
    await lock.commit();
    const member = await joining;
    const lost = new Set(member.lost.map(({ resource }) => resource));
    expect(lost.size).toBeGreaterThan(0);
    expect([...lost].toSorted()).toEqual(member.membership.held);
    for (const resource of lost) expect(leaseOf(member, resource).epoch).toBeGreaterThan(1);
  });

  it('gives up after the time of the boot, and says why', async () => {
    const joining = crew.join('one', 200, { database: impatient, bootTimeoutMs: 300 });
    await expect(joining).rejects.toMatchObject({ code: 'NO_ANSWER' });
  });
});

describe('an instance that boots with a database that refuses', () => {
  it('does not try again', async () => {
    await lock.rollBack();
    await tables.database.query('ALTER TABLE messaging.member RENAME TO gone');
    try {
      const joining = crew.join('one', 200, { database: impatient, bootTimeoutMs: 3_600_000 });
      await expect(joining.catch(sqlStateOf)).resolves.toBe('42P01');
    } finally {
      await tables.database.query('ALTER TABLE messaging.gone RENAME TO member');
    }
  });
});
