import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { type Cluster, keysOf, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { report } from './harness/report.test-support.ts';
import { inFull } from './harness/rounds.test-support.ts';

jest.setTimeout(180_000);

const OTHERS = keysOf(64);
const MESSAGES = 4_000;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});

afterAll(() => cluster.close());

/** Sends to the others in small transactions. Returns the p99 from commit to effect in ms, by the database's clock. */
async function p99(beforeEach: () => Promise<unknown>): Promise<number> {
  const [start] = await cluster.database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  for (let sent = 0; sent < MESSAGES; sent += OTHERS.length) {
    await beforeEach();
    const ids = await cluster.sendAll(OTHERS.map((key) => ({ key })));
    // One after the other: a queue that grows would measure the load and not the neighbours.
    for (const id of ids) await effectOf(cluster.database, id);
  }
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
    const nothing = (): Promise<void> => Promise.resolve();
    // The first round warms up.
    await p99(nothing);
    const calm = await p99(nothing);
    let failing = 0;
    // Other keys each time: one that is parked costs nothing more. The second one is tried for longer than anything else takes.
    const failures = { mode: 'fail', amount: 9 } as const;
    const besides = await p99(() =>
      cluster.sendAll([
        { key: `failing-${failing}`, ...failures },
        { key: `insisting-${failing++}`, type: 'Insisted', ...failures },
      ]),
    );
    report('p99 from commit to effect, ms: calm, beside a key that fails', [calm, besides]);
    expect(besides).toBeLessThanOrEqual(2 * calm);
    expect(await verdict(cluster.database)).toEqual(INTACT);
  });
});
