import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { busyBound, eventually } from '@orderflow/testing';
import { PublishRules } from '../src/outbox/publish-rules.ts';
import { Outbox } from '../src/index.ts';
import { contract } from '../src/contract/contract.ts';
import { holdTransaction } from '../src/testing/held-transaction.test-support.ts';
import { cutWaitingSessions, waitingForLock } from '../src/testing/messaging-database.test-support.ts';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { Counted, COUNTS } from './harness/ledger-events.test-support.ts';
import { Load } from './harness/load.test-support.ts';
import { inFull, rounds } from './harness/rounds.test-support.ts';
import { relayOwner, storedCount, storedSteps, unpublished } from './stored-steps.test-support.ts';

const KEYS = keysOf(16);

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
});

afterEach(() => cluster.close());

async function everythingPublished(): Promise<void> {
  await eventually(async () => (await unpublished(cluster)) === 0, {
    what: 'all rows are marked as published',
  });
}

/** The stream has each message once, and each key's in its order. */
async function expectStoredInOrder(count: number): Promise<void> {
  const steps = await storedSteps(cluster);
  expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
  expect(steps).toHaveLength(count);
  for (const own of Map.groupBy(steps, (step) => step.key).values()) {
    const order = own.map((step) => step.n);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

const HOLD_MARKS = `
  CREATE FUNCTION hold_marks() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
  CREATE TRIGGER hold_marks BEFORE INSERT ON messaging.published
    FOR EACH ROW EXECUTE FUNCTION hold_marks()`;

/** Sends messages, and ends the instance when the stream has them and their rows are not marked yet. */
async function killBeforeMark(instance: Instance, count: number): Promise<void> {
  const { database } = cluster;
  await database.query(HOLD_MARKS);
  const held = await holdTransaction(database, (tx) => tx.query('SELECT pg_advisory_xact_lock(1)'));
  const before = await storedCount(cluster);
  await cluster.sendMany(count, KEYS);
  await eventually(async () => (await waitingForLock(database)) > 0, { what: 'the relay waits to mark' });
  await instance.kill();
  // Its session would go on without it.
  await cutWaitingSessions(database);
  await held.commit();
  expect(await storedCount(cluster)).toBeGreaterThan(before);
  expect(await unpublished(cluster)).toBe(count);
}

describe('a relay that is killed between publish and mark', () => {
  it('is followed by one that publishes again, and the broker recognises the ids', async () => {
    const doomed = await cluster.start('a');
    await killBeforeMark(doomed, 60);
    await cluster.start('b');
    await everythingPublished();
    expect(await verdict(cluster.database)).toEqual(INTACT);
    await expectStoredInOrder(60);
  });

  // The duplicate window is 2 minutes, and an owner of the stream puts it right again. Quickly:
  // handling.int.spec.ts, "handle a message once that is stored twice under one id".
  inFull(
    'is followed by one that comes later than the duplicate window: the inbox recognises them',
    async () => {
      await killBeforeMark(await cluster.start('a'), 60);
      const killedAt = performance.now();
      await eventually(() => performance.now() - killedAt > 125_000, {
        what: 'two minutes',
        timeoutMs: 130_000,
      });
      await cluster.start('b');
      await everythingPublished();
      expect(await storedCount(cluster)).toBeGreaterThan(60);
      await effectOf(cluster.database, await cluster.send('user-1'));
      expect(await verdict(cluster.database)).toEqual(INTACT);
      expect(await effectsOf(cluster.database)).toHaveLength(61);
    },
  );
});

/** Lets the relay stand still while it has rows that it has read and not sent, because those before them have no answer yet. */
async function freezeWithRows(relay: Instance, load: Load): Promise<void> {
  process.kill(cluster.nats.pid, 'SIGSTOP');
  try {
    const sent = load.sent;
    await eventually(() => load.sent > sent + 150, { what: 'it has rows in hand' });
    relay.freeze();
  } finally {
    process.kill(cluster.nats.pid, 'SIGCONT');
  }
}

describe('two relays, of which one is stale', () => {
  it("lose nothing, store no id twice, and keep each key's order", async () => {
    await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
    const load = new Load(cluster, { keys: KEYS });
    for (let round = 0; round < rounds(1, 5); round++) {
      const stale = await relayOwner(cluster);
      const sent = load.sent;
      await eventually(() => load.sent > sent + 50, { what: 'it is at work' });
      await freezeWithRows(stale, load);
      await eventually(async () => (await relayOwner(cluster)) !== stale, { what: 'the other one relays' });
      const taken = load.sent;
      await eventually(() => load.sent > taken + 50, { what: 'the other one is at work' });
      stale.thaw();
    }
    const sent = await load.stop();
    await everythingPublished();
    expect(await verdict(cluster.database)).toEqual(INTACT);
    await expectStoredInOrder(sent);
  });
});

describe('a broker that is away for a while', () => {
  it('gets everything in order when it is back', async () => {
    const awayMs = rounds(5_000, 60_000);
    await cluster.start('a');
    const load = new Load(cluster, { keys: KEYS, perSecond: 200 });
    await eventually(() => load.sent > 100, { what: 'load' });
    await cluster.nats.kill('SIGKILL');
    const goneAt = performance.now();
    await eventually(() => performance.now() - goneAt > awayMs, {
      what: 'time passes',
      timeoutMs: awayMs + 5_000,
    });
    expect(await unpublished(cluster)).toBeGreaterThan(100);
    await cluster.nats.restart();
    const sent = await load.stop();
    expect(await verdict(cluster.database, 60_000)).toEqual(INTACT);
    await everythingPublished();
    await expectStoredInOrder(sent);
  });
});

describe('delayed rows', () => {
  it('are on time, and never when they were cancelled, also when their relay is killed', async () => {
    await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
    const { database } = cluster;
    const outbox = new Outbox({
      origin: { source: COUNTS.owner },
      rules: new PublishRules([COUNTS], () => undefined),
      wake: () => undefined,
    });
    const add = (n: number, delayMs: number): Promise<string[]> => {
      const step = contract(Counted, { userId: `delayed-${n}`, n, mode: 'ok', amount: 0 });
      return database.transaction((tx) => outbox.add(tx, step, { delayMs }));
    };
    const delays = Array.from({ length: rounds(30, 200) }, (_, n) => 400 + ((n * 37) % 1_600));
    const ids = (await Promise.all(delays.map((delay, n) => add(n, delay)))).flat();
    const dueAt = await dueTimes();
    const cancelled: string[] = [];
    for (const id of ids.filter((_, n) => n % 3 === 0)) {
      const isCancelled = await database.transaction((tx) => outbox.cancel(tx, id));
      if (isCancelled) cancelled.push(id);
      // On a busy machine one may have been on its way before it was asked for.
      else expect(dueAt.get(id)?.getTime()).toBeLessThanOrEqual(Date.now());
    }
    expect(cancelled).not.toEqual([]);
    await (await relayOwner(cluster)).kill();
    const [last = ''] = await add(delays.length, 2_500);
    const expected = new Set([...ids, last].filter((id) => !cancelled.includes(id)));
    // Those of the partitions that the killed instance owned come when they are taken over, maybe behind the last one.
    for (const id of expected) await effectOf(database, id, 30_000);
    const effects = await effectsOf(database);
    expect(new Set(effects.map((effect) => effect.message_id))).toEqual(expected);
    const bound = busyBound(5_000);
    for (const { message_id: id, at } of effects) {
      const lateMs = at.getTime() - (dueAt.get(id) ?? at).getTime();
      expect(lateMs).toBeGreaterThanOrEqual(0);
      // A takeover of the relay lies in between.
      expect(lateMs).toBeLessThan(bound);
    }
  });
});

async function dueTimes(): Promise<Map<string, Date>> {
  const rows = await cluster.database.query<{ message_id: string; available_at: Date }>(
    'SELECT message_id, available_at FROM messaging.outbox WHERE available_at IS NOT NULL',
  );
  return new Map(rows.map((row) => [row.message_id, row.available_at]));
}
