import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Cluster, keysOf, type Sending, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { report } from './harness/report.test-support.ts';
import { inFull } from './harness/rounds.test-support.ts';
import { onSchedule } from './harness/schedule.test-support.ts';

const OTHERS = keysOf(64);
const PARTS = 5;
const ROUNDS = 15;
/** Another moment between two looks of the relay, which are 100 ms apart, for each round. */
const EVERY_MS = 130;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(() => cluster.close());

/**
 * Sends to the others in small transactions. Returns the p99 from commit to effect in ms, by the database's clock: the
 * median of those of five parts, as a moment in which the machine stands still decides the p99 of the part it falls in.
 */
async function p99(beforeEach: () => Promise<unknown>): Promise<number> {
  const parts: number[] = [];
  for (let part = 0; part < PARTS; part += 1) parts.push(await p99OfPart(beforeEach));
  return parts.toSorted((a, b) => a - b)[Math.floor(PARTS / 2)] ?? 0;
}

async function p99OfPart(beforeEach: () => Promise<unknown>): Promise<number> {
  const [start] = await cluster.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  await onSchedule(ROUNDS, EVERY_MS, async () => {
    await beforeEach();
    const ids = await cluster.sendAll(OTHERS.map((key) => ({ key })));
    // One after the other: a queue that grows would measure the load and not the neighbours.
    for (const id of ids) await effectOf(cluster.database, id);
  });
  const [row] = await cluster.database.query<{ p99: number }>(
    `SELECT (percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM at - sent_at)) * 1000)::float8 AS p99
     FROM ledger JOIN sent USING (message_id) WHERE sent_at >= $1 AND ledger.user_id = ANY ($2)`,
    [start?.now, OTHERS],
  );
  return row?.p99 ?? 0;
}

describe('users do not wait for each other', () => {
  // Needs a quiet machine.
  inFull('p99 of the others stays within twice the calm case while one key fails for good', async () => {
    await Promise.all(['a', 'b'].map((name) => cluster.start(name)));
    await cluster.balanced('a', 'b');
    // Other keys each time: one that is parked costs nothing more. The second one is tried for longer than anything else takes.
    let pairs = 0;
    const beside = (sending: Sending) => async (): Promise<unknown> =>
      await cluster.sendAll([
        { key: `one-${pairs}`, ...sending },
        { key: `insisting-${pairs++}`, type: 'Insisted', ...sending },
      ]);
    // The first time warms up.
    await p99(beside({}));
    const calm = await p99(beside({}));
    const besides = await p99(beside({ mode: 'fail', amount: 9 }));
    report('p99 from commit to effect, ms: calm, beside a key that fails', [calm, besides]);
    expect(besides).toBeLessThanOrEqual(2 * calm);
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});
