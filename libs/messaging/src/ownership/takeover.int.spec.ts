import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { type Crew, RESOURCES, startCrew, type TestMember } from '../testing/member.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { assertLeases, type Lease, OwnershipLost } from './fence.ts';

jest.setTimeout(60_000);

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

const holdsAll = (member: TestMember, resources = RESOURCES): Promise<unknown> =>
  eventually(() => expect(member.membership.held).toEqual(resources) ?? true, {
    what: `${member.name} holds all`,
  });

const leaseOf = (member: TestMember, resource = FIRST): Lease => {
  const lease = member.membership.lease(resource);
  if (lease === undefined) throw new Error(`${member.name} does not hold ${resource}`);
  return lease;
};

const underLease = (...leases: Lease[]): Promise<void> =>
  tables.database.transaction((tx) => assertLeases(tx, leases));

describe('a member that shows no sign of life', () => {
  it('is taken over after its lease, not before, under a higher epoch', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const vanishedAt = performance.now();
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await holdsAll(two);
    const waited = performance.now() - vanishedAt;
    // Its last heartbeat is at most a quarter of a lease old.
    expect(waited).toBeGreaterThan(LEASE_MS * 0.7);
    expect(waited).toBeLessThan(LEASE_MS * 2 + 500);
    expect(two.acquired.every(({ epoch, orphaned }) => epoch === 2 && orphaned)).toBe(true);
  });

  it('has lost its leases by its own clock, too', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    await one.vanish();
    await eventually(() => one.lost.length === RESOURCES.length, { what: 'it lets go of everything' });
    expect(one.membership.renewing).toBe(false);
    expect(one.membership.held).toEqual([]);
  });
});

describe('a stale owner', () => {
  it('cannot commit an effect', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const stale = leaseOf(one);
    await expect(underLease(stale)).resolves.toBeUndefined();
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await holdsAll(two);
    await expect(underLease(stale)).rejects.toThrow(OwnershipLost);
    await expect(underLease(stale)).rejects.toMatchObject({ code: 'OWNERSHIP_LOST', leases: [{ resource: FIRST }] });
    await expect(underLease(leaseOf(two))).resolves.toBeUndefined();
  });

  it('cannot commit under the epoch of an earlier ownership of its own', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const earlier = leaseOf(one);
    await one.membership.handBack([FIRST]);
    await expect(underLease(earlier)).rejects.toThrow(OwnershipLost);
  });

  it('has every lost lease of a batch named', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const leases = RESOURCES.slice(0, 3).map((resource) => leaseOf(one, resource));
    await one.membership.handBack(RESOURCES.slice(0, 2));
    await expect(underLease(...leases)).rejects.toMatchObject({ leases: RESOURCES.slice(0, 2).map((resource) => ({ resource })) });
  });

  it('that comes back learns that it has lost', async () => {
    const one = await crew.join('one', 60_000);
    await holdsAll(one);
    // As after SIGSTOP: its row has expired and another one took over, and it goes on as if nothing had been.
    await tables.database.query(`UPDATE messaging.member SET expires_at = clock_timestamp()`);
    await tables.database.query(
      `UPDATE messaging.ownership SET owner = 'two', epoch = epoch + 1 WHERE resource = $1`,
      [FIRST],
    );
    one.membership.nudge();
    await eventually(() => one.lost.length === 1, { what: 'it has noticed' });
    expect(one.lost).toMatchObject([{ resource: FIRST, epoch: 1 }]);
    await holdsAll(one, RESOURCES.slice(1)).catch(() => undefined);
  });
});

describe('a takeover', () => {
  it('waits for an effect transaction that is running, and takes the rest meanwhile', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const lease = leaseOf(one);
    const effect = await holdTransaction(tables.database, (tx) => assertLeases(tx, [lease]));
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await holdsAll(two, RESOURCES.slice(1));
    expect(two.membership.lease(FIRST)).toBeUndefined();
    await effect.commit();
    await holdsAll(two);
  });

  it('that has to wait does not cost the taker its own leases', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const lease = leaseOf(one);
    const effect = await holdTransaction(tables.database, (tx) => assertLeases(tx, [lease]));
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await holdsAll(two, RESOURCES.slice(1));
    // Longer than a lease: its heartbeats go on all the time.
    const until = performance.now() + LEASE_MS * 2;
    await eventually(
      () => {
        expect(two.membership.renewing).toBe(true);
        return performance.now() > until;
      },
      { what: 'two leases have passed' },
    );
    expect(two.lost).toEqual([]);
    await effect.commit();
    await holdsAll(two);
  });

  it('that came first makes an effect transaction fail that waited for it', async () => {
    const one = await crew.join('one', LEASE_MS);
    await holdsAll(one);
    const stale = leaseOf(one);
    const taking = await holdTransaction(tables.database, (tx) =>
      tx.query(`UPDATE messaging.ownership SET owner = 'two', epoch = epoch + 1 WHERE resource = $1`, [
        FIRST,
      ]),
    );
    const effect = underLease(stale).then(
      () => 'committed',
      (error: unknown) => error,
    );
    await taking.commit();
    expect(await effect).toBeInstanceOf(OwnershipLost);
  });
});
