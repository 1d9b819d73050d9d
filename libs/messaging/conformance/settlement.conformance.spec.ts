import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { retryDelayMs } from '../src/routing/retry-policy.ts';
import { partitionOf } from '../src/topology/partition.ts';
import { attemptsOf, deadLetterCopies, deadLetterOf, pausesOf } from './attempts.test-support.ts';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import type { Instance } from './harness/instance.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { COUNTS } from './harness/ledger-events.test-support.ts';
import { inFull, rounds } from './harness/rounds.test-support.ts';
import {
  PATIENCE,
  Patient,
  PatientCall,
  PatientMail,
  sendPatient,
  Sluggish,
} from './patient.test-support.ts';

let cluster: Cluster;
let instance: Instance;

beforeAll(async () => {
  const extension = new URL('./patient.test-support.ts', import.meta.url).href;
  cluster = await startCluster({ extension, options: { leaseMs: 500 } });
  instance = await cluster.start('a');
});

afterAll(() => cluster.close());

describe('a throw', () => {
  it.each([
    ['transactional', Patient],
    ['external', PatientCall],
    ['shared', PatientMail],
  ])('is retried no sooner than the curve allows: %s', async (kind, cls) => {
    const amount = PATIENCE.maxAttempts - 1;
    const keys = keysOf(rounds(10, 50)).map((key) => `${key}-${kind}`);
    const ids = await Promise.all(keys.map((userId) => sendPatient(cluster, cls, { userId, amount })));
    for (const id of ids) {
      expect(await effectOf(cluster.database, id)).toMatchObject({ attempt: PATIENCE.maxAttempts });
      expectCurve(pausesOf(await attemptsOf(cluster.database, id)));
    }
  });
});

function expectCurve(pauses: readonly number[]): void {
  expect(pauses).toHaveLength(PATIENCE.maxAttempts - 1);
  for (const [index, pause] of pauses.entries())
    expect(pause).toBeGreaterThanOrEqual(retryDelayMs(PATIENCE, index + 1, 0));
}

describe('attempts', () => {
  it('survive a restart: the ones before it count', async () => {
    const id = await sendPatient(cluster, Patient, { userId: 'restarted', amount: PATIENCE.maxAttempts });
    await eventually(async () => (await attemptsOf(cluster.database, id)).length === 2, {
      what: 'two attempts',
    });
    await eventually(async () => (await recordedAttempts(id)) === 2, { what: 'the second one is recorded' });
    await instance.kill();
    instance = await cluster.start('a');
    expect(await deadLetterOf(cluster.database, id)).toMatchObject({ attempts: PATIENCE.maxAttempts });
    const attempts = await attemptsOf(cluster.database, id);
    expect(attempts.map((row) => row.attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(attempts.map((row) => row.instance)).size).toBe(2);
    expectCurve(pausesOf(attempts));
  });
});

async function recordedAttempts(messageId: string): Promise<number | undefined> {
  const rows = await cluster.database.query<{ attempts: number }>(
    `SELECT attempts FROM messaging.attempt WHERE message_id = $1
     UNION ALL SELECT attempts FROM messaging.parked WHERE message_id = $1`,
    [messageId],
  );
  return rows[0]?.attempts;
}

const REFUSE = `
  CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused by the test'; END $$`;

const refusals = [
  ['its row', 'messaging.parked', `NEW.key = 'no-row'`, 'no-row'],
  ['its copy', 'messaging.outbox', `NEW.subject LIKE 'dead.%.no-copy'`, 'no-copy'],
] as const;

describe('a dead letter that the database refuses', () => {
  it('loses nothing: each is kept once when the database takes it, and meanwhile others go on', async () => {
    const { database } = cluster;
    await database.query(REFUSE);
    for (const [, table, when] of refusals)
      await database.query(
        `CREATE TRIGGER refuse BEFORE INSERT ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION refuse()`,
      );
    const keys = refusals.map(([, , , key]) => key);
    const ids = await cluster.sendAll(keys.map((key) => ({ key, mode: 'poison' })));
    const behind = await cluster.sendAll(keys.map((key) => ({ key })));
    await eventually(
      () => instance.log.filter((line) => line.msg.startsWith('A failure could not')).length >= 2,
      {
        what: 'both were refused',
      },
    );
    await effectOf(database, await cluster.send('beside'));
    const dead = `SELECT 1 FROM messaging.parked WHERE key = ANY ($1) AND state = 'dead'`;
    expect(await database.query(dead, [keys])).toEqual([]);
    for (const [, table] of refusals) await database.query(`DROP TRIGGER refuse ON ${table}`);
    for (const id of ids) expect(await deadLetterOf(database, id)).toMatchObject({ attempts: 1 });
    for (const key of keys) expect(await deadLetterCopies(database, key)).toBe(1);
    expect(await verdict(database)).toEqual(INTACT);
    const waiting = await database.query<{ message_id: string }>(
      `SELECT message_id FROM messaging.parked WHERE state = 'waiting' ORDER BY id`,
    );
    expect(waiting.map((row) => row.message_id).toSorted()).toEqual(behind.toSorted());
  });
});

// The ack deadline is 30 s, for good: nothing shorter would be the real thing.
describe('a handler slower than the ack deadline', () => {
  inFull('keeps its message, and those that are queued behind it', async () => {
    const before = await deliveries('slow');
    const ids = [
      await sendPatient(cluster, Sluggish, { userId: 'slow', n: 1, amount: 35_000 }),
      await sendPatient(cluster, Sluggish, { userId: 'slow', n: 2, amount: 1 }),
      await sendPatient(cluster, Patient, { userId: 'slow', n: 3 }),
    ];
    await effectOf(cluster.database, ids[2] ?? '', 60_000);
    const effects = await effectsOf(cluster.database, 'slow');
    expect(effects.map(({ n, attempt }) => [n, attempt])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    for (const id of ids) expect(await attemptsOf(cluster.database, id)).toHaveLength(1);
    expect((await deliveries('slow')) - before).toBe(ids.length);
  });
});

/** How often the broker has delivered a message of the key's partition, once all is acknowledged. */
async function deliveries(key: string): Promise<number> {
  const connection = await connect({ servers: cluster.nats.url });
  try {
    const manager = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
    const durable = `ledger-COUNTS-${String(partitionOf(key, 16)).padStart(2, '0')}`;
    const settled = async (): Promise<{ count: number } | undefined> => {
      const info = await manager.consumers.info(COUNTS.name, durable);
      return info.num_ack_pending === 0 ? { count: info.delivered.consumer_seq } : undefined;
    };
    return (await eventually(settled, { what: 'all is acknowledged' })).count;
  } finally {
    await connection.close();
  }
}
