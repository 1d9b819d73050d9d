import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inbox, ORDERED } from '../inbox/inbox.ts';
import { type Lease, OwnershipLost } from '../ownership/fence.ts';
import { receivedMessage } from '../testing/received-message.test-support.ts';
import { type Crew, leaseOf, RESOURCES, startCrew, untilHeld } from '../testing/member.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { GroupPeek } from './group-peek.ts';

const LEASE_MS = 5_000;
const [FIRST = '', SECOND = ''] = RESOURCES;

let tables: TestDatabase;
let crew: Crew;
let peek: GroupPeek;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

beforeEach(() => {
  crew = startCrew(tables);
  peek = new GroupPeek({
    database: tables.database,
    claims: new Inbox(ORDERED, { inOrder: true }),
  });
});

afterEach(async () => {
  await crew.disband();
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

/** What each peek found, of peeks that share a transaction: those before them keep the group waiting. */
async function together(peeks: readonly (readonly [key: string, lease: Lease])[]): Promise<unknown[]> {
  const before = ['x', 'y'].map((key) => peek.at(receivedMessage(key), []));
  const answers = peeks.map(([key, lease]) => peek.at(receivedMessage(key), [lease]));
  const results = await Promise.allSettled(answers);
  await Promise.all(before);
  return results.map((result) =>
    result.status === 'fulfilled' ? result.value.state : result.reason instanceof OwnershipLost,
  );
}

describe('peeks that share a transaction', () => {
  it('refuse only the message whose partition another instance has taken', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const lost = { ...leaseOf(one, FIRST), epoch: leaseOf(one, FIRST).epoch - 1 };
    const kept = leaseOf(one, SECOND);
    const found = await together([
      ['a', kept],
      ['b', lost],
      ['c', kept],
    ]);
    expect(found).toEqual(['new', true, 'new']);
  });

  it('refuse a message of an earlier epoch beside one of the present epoch', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const present = leaseOf(one, FIRST);
    const earlier = { ...present, epoch: present.epoch - 1 };
    const found = await together([
      ['a', present],
      ['b', earlier],
    ]);
    expect(found).toEqual(['new', true]);
  });

  it('give copies of a message the same answer, because the first one may still fail', async () => {
    const message = receivedMessage('a');
    const answers = ['1', '2', '3', '4'].map(() => peek.at({ ...message }, []));
    expect((await Promise.all(answers)).map(({ state }) => state)).toEqual(['new', 'new', 'new', 'new']);
  });
});
