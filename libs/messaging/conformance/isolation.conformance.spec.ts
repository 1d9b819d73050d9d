import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { attemptsOf, deadLetterOf } from './attempts.test-support.ts';
import { type Cluster, keysOf, type Sending, startCluster } from './harness/cluster.test-support.ts';
import type { StepType } from './harness/ledger-events.test-support.ts';
import { effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { full, inFull } from './harness/rounds.test-support.ts';

jest.setTimeout(600_000);

const NEIGHBOURS = full ? 64 : 8;
const MAX_ATTEMPTS = 3;
/** Longer than nats-server waits before it delivers again what a queue group left, for each crash. */
const PARKED_WITHIN_MS = 4 * NEIGHBOURS * 1_000 + 240_000;

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster({ options: { leaseMs: 500 } });
});

afterEach(() => cluster.close());

function crashes(): number {
  return cluster.instances.filter((instance) => !instance.running).length;
}

/** A message that ends its process in the middle of neighbours that take a second each. Returns its id. */
async function sendDeadly(type: StepType): Promise<{ deadly: string; neighbours: string[] }> {
  const slow = (key: string): Sending & { key: string } => ({ key, type, mode: 'slow', amount: 1_000 });
  const keys = keysOf(NEIGHBOURS);
  const half = NEIGHBOURS / 2;
  const ids = await cluster.sendAll([
    ...keys.slice(0, half).map(slow),
    { key: 'deadly', type, mode: 'kill-in-handler', amount: 99 },
    ...keys.slice(half).map(slow),
  ]);
  const [deadly = ''] = ids.splice(half, 1);
  return { deadly, neighbours: ids };
}

/** Until the message is parked a message of another key is handled again and again. */
async function othersGoOnUntilParked(deadly: string): Promise<void> {
  let parked = false;
  const parking = deadLetterOf(cluster.database, deadly, PARKED_WITHIN_MS).finally(() => (parked = true));
  let handled = 0;
  const others = async (): Promise<void> => {
    while (!parked) {
      const id = await cluster.send('other');
      const isHandled = async (): Promise<boolean> =>
        (await effectsOf(cluster.database, 'other')).some((effect) => effect.message_id === id);
      await eventually(isHandled, { what: 'another key goes on' });
      handled++;
    }
  };
  const [letter] = await Promise.all([parking, others()]);
  expect(letter).toMatchObject({ attempts: MAX_ATTEMPTS, reason: expect.stringContaining('process ended') });
  expect(crashes()).toBeLessThanOrEqual(MAX_ATTEMPTS + 2);
  // Its only instance is being started again most of that time.
  expect(handled).toBeGreaterThan(0);
}

async function expectNoNeighbourCharged(neighbours: readonly string[]): Promise<void> {
  for (const id of neighbours) {
    const attempts = (await attemptsOf(cluster.database, id)).map(({ attempt }) => attempt);
    expect(new Set(attempts)).toEqual(new Set([1]));
  }
  const dead = await cluster.database.query(`SELECT key FROM messaging.parked WHERE state = 'dead'`);
  expect(dead).toEqual([{ key: 'deadly' }]);
  expect(await cluster.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
}

describe('a message that ends its process is parked, no neighbour is charged, and other keys go on', () => {
  it.each(full ? (['Called', 'Counted', 'Tallied'] as const) : (['Called'] as const))(
    'in an ordered handler (%s)',
    async (type) => {
      await cluster.supervise('a');
      const { deadly, neighbours } = await sendDeadly(type);
      await othersGoOnUntilParked(deadly);
      expect(await verdict(cluster.database, 240_000)).toEqual(INTACT);
      await expectNoNeighbourCharged(neighbours);
    },
  );

  inFull('behind a message that waits', async () => {
    await cluster.supervise('a');
    await cluster.send('waits', { type: 'Insisted', mode: 'fail', amount: 1_000_000 });
    const { deadly, neighbours } = await sendDeadly('Called');
    await othersGoOnUntilParked(deadly);
    const effects = async (): Promise<boolean> => {
      const rows = await cluster.database.query<{ message_id: string }>('SELECT message_id FROM ledger');
      const ids = new Set(rows.map((row) => row.message_id));
      return neighbours.every((id) => ids.has(id));
    };
    await eventually(effects, { what: 'the neighbours are handled', timeoutMs: 240_000 });
  });

  inFull('in a queue group', async () => {
    await cluster.supervise('a');
    const { deadly, neighbours } = await sendDeadly('Mailed');
    await othersGoOnUntilParked(deadly);
    expect(await verdict(cluster.database, 240_000)).toEqual(INTACT);
    await expectNoNeighbourCharged(neighbours);
  });
});
