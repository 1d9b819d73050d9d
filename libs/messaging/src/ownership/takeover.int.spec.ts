import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
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

describe('a member that shows no sign of life', () => {
  it('is taken over after its lease, not before, under a higher epoch', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const vanishedAt = performance.now();
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await untilHeld(RESOURCES, two);
    const waited = performance.now() - vanishedAt;
    // Its last heartbeat is at most a quarter of a lease old.
    expect(waited).toBeGreaterThan(LEASE_MS * 0.7);
    expect(waited).toBeLessThan(busyBound(LEASE_MS * 2 + 1_500));
    expect(two.acquired.every(({ epoch, suspicious }) => epoch === 2 && !suspicious)).toBe(true);
  });

  it('after another one leaves something suspicious behind, until it is given back', async () => {
    for (const name of ['one', 'two']) {
      const member = await crew.join(name, LEASE_MS);
      await untilHeld(RESOURCES, member);
      await member.vanish();
    }
    const three = await crew.join('three', LEASE_MS);
    await untilHeld(RESOURCES, three);
    expect(three.acquired.every(({ suspicious }) => suspicious)).toBe(true);
    await three.membership.stop();
    const four = await crew.join('four', LEASE_MS);
    await untilHeld(RESOURCES, four);
    expect(four.acquired.every(({ suspicious }) => !suspicious)).toBe(true);
    await four.vanish();
    const five = await crew.join('five', LEASE_MS);
    await untilHeld(RESOURCES, five);
    expect(five.acquired.every(({ suspicious }) => !suspicious)).toBe(true);
  });

  it('has lost its leases by its own clock, too', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    await one.vanish();
    await eventually(() => one.lost.length === RESOURCES.length, { what: 'it lets go of everything' });
    expect(one.membership.renewing).toBe(false);
    expect(one.membership.held).toEqual([]);
  });
});

describe('a takeover', () => {
  it('waits for an effect transaction that is running, and takes the rest meanwhile', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const lease = leaseOf(one, FIRST);
    const effect = await holdTransaction(tables.database, (tx) => assertLeases(tx, [lease]));
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await untilHeld(RESOURCES.slice(1), two);
    expect(two.membership.lease(FIRST)).toBeUndefined();
    await effect.commit();
    await untilHeld(RESOURCES, two);
  });

  it('that has to wait does not cost the taker its own leases', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const lease = leaseOf(one, FIRST);
    const effect = await holdTransaction(tables.database, (tx) => assertLeases(tx, [lease]));
    await one.vanish();
    const two = await crew.join('two', LEASE_MS);
    await untilHeld(RESOURCES.slice(1), two);
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
    await untilHeld(RESOURCES, two);
  });

  it('that came first makes an effect transaction fail that waited for it', async () => {
    const one = await crew.join('one', LEASE_MS);
    await untilHeld(RESOURCES, one);
    const stale = leaseOf(one, FIRST);
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
