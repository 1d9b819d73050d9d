import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { type Crew, leaseOf, RESOURCES, startCrew, untilHeld } from '../testing/member.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { assertLeases, type Lease, OwnershipLost } from './fence.ts';

const LEASE_MS = 600;
const [FIRST = ''] = RESOURCES;

let tables: TestDatabase;
let crew: Crew;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

beforeEach(() => {
  crew = startCrew(tables);
});

afterEach(async () => {
  await crew.disband();
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

const underLease = (...leases: Lease[]): Promise<void> =>
  tables.database.transaction((tx) => assertLeases(tx, leases));

describe('a stale owner', () => {
  it('cannot commit an effect', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const stale = leaseOf(one, FIRST);
    await expect(underLease(stale)).resolves.toBeUndefined();
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await untilHeld(RESOURCES, two);
    await expect(underLease(stale)).rejects.toThrow(OwnershipLost);
    await expect(underLease(stale)).rejects.toMatchObject({
      code: 'OWNERSHIP_LOST',
      leases: [{ resource: FIRST }],
    });
    await expect(underLease(leaseOf(two, FIRST))).resolves.toBeUndefined();
  });

  it('cannot commit under the epoch of an earlier ownership of its own', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const earlier = leaseOf(one, FIRST);
    await one.membership.handBack([FIRST]);
    await expect(underLease(earlier)).rejects.toThrow(OwnershipLost);
  });

  it('has every lost lease of a batch named', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const leases = RESOURCES.slice(0, 3).map((resource) => leaseOf(one, resource));
    await one.membership.handBack(RESOURCES.slice(0, 2));
    await expect(underLease(...leases)).rejects.toMatchObject({
      leases: RESOURCES.slice(0, 2).map((resource) => ({ resource })),
    });
  });

  it('that comes back learns that it has lost', async () => {
    const one = await crew.join('one', 4_000);
    await untilHeld(RESOURCES, one);
    // As after SIGSTOP: another one took over, and it goes on as if nothing had been.
    await tables.database.query(
      `WITH taker AS (
         INSERT INTO messaging.member (instance, accepts, expires_at)
         VALUES ('two', true, clock_timestamp() + interval '1 minute')
       )
       UPDATE messaging.ownership SET owner = 'two', epoch = epoch + 1 WHERE resource = $1`,
      [FIRST],
    );
    await eventually(() => one.lost.length > 0, { what: 'it has noticed' });
    expect(one.lost).toMatchObject([{ resource: FIRST, epoch: 1 }]);
  });
});
