import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { type Crew, RESOURCES, startCrew, untilHeld } from '../testing/member.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';

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

const owners = async (): Promise<Map<string, string | null>> => {
  const rows = await tables.database.query<{ resource: string; owner: string | null }>(
    'SELECT resource, owner FROM messaging.ownership',
  );
  return new Map(rows.map(({ resource, owner }) => [resource, owner]));
};

async function heartbeats(name: string, count: number): Promise<void> {
  const seen = new Set<number>();
  const sql =
    'SELECT extract(epoch FROM expires_at)::float8 AS expires FROM messaging.member WHERE instance = $1';
  await eventually(
    async () => {
      const [row] = await tables.database.query<{ expires: number }>(sql, [name]);
      if (row !== undefined) seen.add(row.expires);
      return seen.size > count;
    },
    { what: `${count} heartbeats of ${name}` },
  );
}

describe('a member that is alone', () => {
  it('takes everything, each with an epoch, and is told so', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    expect(one.acquired.map(({ epoch }) => epoch)).toEqual(RESOURCES.map(() => 1));
    expect(one.membership.renewing).toBe(true);
    expect(new Set((await owners()).values())).toEqual(new Set(['one']));
  });

  it('leaves nothing behind when it stops', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    await one.membership.stop();
    expect(new Set((await owners()).values())).toEqual(new Set([null]));
    expect(await tables.database.query('SELECT * FROM messaging.member')).toEqual([]);
  });

  it('gets its leases back under a higher epoch after it stopped and started', async () => {
    const first = await crew.join('one');
    await untilHeld(RESOURCES, first);
    await first.membership.stop();
    const again = await crew.join('one');
    await untilHeld(RESOURCES, again);
    expect(again.acquired.every(({ epoch }) => epoch === 2)).toBe(true);
  });
});

describe('two members', () => {
  it('share, so that each resource has one of them', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    const two = await crew.join('two');
    await eventually(() => two.membership.held.length > 0, { what: 'the second one has a share' });
    await untilHeld(RESOURCES, one, two);
    expect(one.lost).toEqual([]);
    const [shareOfOne, shareOfTwo] = [one.membership.held, two.membership.held];
    expect(shareOfOne.filter((resource) => shareOfTwo.includes(resource))).toEqual([]);
  });

  it('never hold a resource both: it is given back before it is taken', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    const released = Promise.withResolvers<void>();
    one.beforeRelease = () => released.promise;
    const two = await crew.join('two');
    // Each heartbeat is followed by a look at what could be taken.
    await heartbeats(one.name, 2);
    await heartbeats(two.name, 2);
    expect(two.acquired).toEqual([]);
    released.resolve();
    await eventually(() => two.membership.held.length > 0, { what: 'the second one has its share' });
    const epochs = new Map(two.acquired.map(({ resource, epoch }) => [resource, epoch]));
    expect(new Set(epochs.values())).toEqual(new Set([2]));
  });

  it('become one within a second, far less than the lease, when the other leaves cleanly', async () => {
    const one = await crew.join('one', 4_000);
    const two = await crew.join('two', 4_000);
    await eventually(() => one.membership.held.length > 0 && two.membership.held.length > 0, {
      what: 'both share',
    });
    await untilHeld(RESOURCES, one, two);
    const leftAt = performance.now();
    await one.membership.stop();
    await untilHeld(RESOURCES, two);
    // Far less than the lease, which is for those that crash.
    expect(performance.now() - leftAt).toBeLessThan(busyBound(1_000));
    expect(two.acquired.every(({ suspicious }) => !suspicious)).toBe(true);
  });
});

describe('a member that drains', () => {
  it('gives back what it is asked to, takes nothing new, and others take it', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    await one.membership.handBack(RESOURCES.slice(0, 8));
    expect(one.membership.held).toEqual(RESOURCES.slice(8));
    const two = await crew.join('two');
    await untilHeld(RESOURCES.slice(0, 8), two);
    await one.membership.stop();
    await untilHeld(RESOURCES, two);
  });

  it('gives nothing back before what runs has ended', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    const running = Promise.withResolvers<void>();
    one.beforeRelease = () => running.promise;
    const handedBack = one.membership.handBack(RESOURCES);
    expect(new Set((await owners()).values())).toEqual(new Set(['one']));
    running.resolve();
    await handedBack;
    expect(new Set((await owners()).values())).toEqual(new Set([null]));
  });
});

describe('a member that is cut off from the broker', () => {
  it('gives up what others can do within seconds, also what it cannot finish, and gets its share back', async () => {
    const [one, two] = [await crew.join('one'), await crew.join('two')];
    await eventually(() => one.membership.held.length > 0 && two.membership.held.length > 0, {
      what: 'both share',
    });
    await untilHeld(RESOURCES, one, two);
    const share = one.membership.held;
    one.beforeRelease = () => new Promise(() => undefined);
    one.says.brokerSilenceMs = 5_001;
    await untilHeld(RESOURCES, two);
    expect(one.lost.map(({ resource }) => resource).toSorted()).toEqual(share);
    one.says.brokerSilenceMs = 10;
    one.beforeRelease = () => Promise.resolve();
    await eventually(() => one.membership.held.length === share.length, { what: 'it has its share again' });
  });

  it('keeps what it holds when all are cut off', async () => {
    const [one, two] = [await crew.join('one'), await crew.join('two')];
    await eventually(() => one.membership.held.length > 0 && two.membership.held.length > 0, {
      what: 'both share',
    });
    await untilHeld(RESOURCES, one, two);
    const before = await owners();
    two.says.brokerSilenceMs = 4_900;
    await heartbeats(two.name, 1);
    one.says.brokerSilenceMs = 60_000;
    await heartbeats(one.name, 2);
    await heartbeats(two.name, 2);
    expect(await owners()).toEqual(before);
  });
});

describe('a member without the role for partitions', () => {
  it('takes none: the others have them all', async () => {
    const [one, two] = [await crew.join('one'), await crew.join('two')];
    two.says.intake = false;
    await untilHeld(RESOURCES, one);
    expect(two.membership.held).toEqual([]);
  });
});

describe('members that handle different sets of events', () => {
  it('share all partitions, and each knows which instances differ', async () => {
    const [one, two] = [await crew.join('one'), await crew.join('two')];
    two.says.handlers = 'other';
    await eventually(() => one.membership.differingInstances.includes('two'), { what: 'one knows' });
    await eventually(() => two.membership.differingInstances.includes('one'), { what: 'two knows' });
    await untilHeld(RESOURCES, one, two);
    two.says.handlers = 'all';
    await eventually(() => one.membership.differingInstances.length === 0, { what: 'one knows of none' });
  });
});

describe('a member that died before the clock of the database was set back', () => {
  it('is not waited for longer than its lease', async () => {
    const one = await crew.join('one');
    await untilHeld(RESOURCES, one);
    await one.vanish();
    await tables.database.query(`UPDATE messaging.member SET expires_at = expires_at + interval '1 hour'`);
    const two = await crew.join('two');
    await untilHeld(RESOURCES, two);
  });
});
