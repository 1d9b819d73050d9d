import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { type Cluster, startCluster } from './harness/cluster.test-support.ts';
import { effectOf, effectsOf, INTACT, verdict } from './harness/ledger-check.test-support.ts';
import { COUNTS, type StepType } from './harness/ledger-events.test-support.ts';
import { inFull, rounds } from './harness/rounds.test-support.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ options: { leaseMs: 400 } });
  await cluster.supervise('a');
});

afterAll(() => cluster.close());

/** Of five messages the third one ends the process when its effect is committed. */
async function sendDeadly(key: string, type: StepType): Promise<void> {
  const [doomed] = cluster.running;
  const ok = { key, type };
  await cluster.sendAll([ok, ok, { ...ok, mode: 'kill-after-commit', amount: 1 }, ok, ok]);
  expect(await doomed?.exited).toBe('SIGKILL');
}

async function expectOneEffectEach(key: string, count: number): Promise<void> {
  expect(await verdict(cluster.database)).toEqual(INTACT);
  expect(await effectsOf(cluster.database, key)).toHaveLength(count);
}

describe('kill -9 after the commit and before the ack', () => {
  it.each([
    ['transactional', 'Counted'],
    ['batch', 'Tallied'],
    ['external', 'Called'],
  ] as const)('leaves one effect of each message: %s handlers', async (_, type) => {
    for (let round = 1; round <= rounds(1, 5); round++) {
      const key = `${type}-${round}`;
      await sendDeadly(key, type);
      // Behind everything that came again.
      await effectOf(cluster.database, await cluster.send(key, { type }), 30_000);
      await expectOneEffectEach(key, 6);
    }
  });

  // What a dead member of a queue group held comes again after the ack deadline of 30 s.
  inFull('leaves one effect of each message: a queue group', async () => {
    await sendDeadly('mail', 'Mailed');
    const connection = await connect({ servers: cluster.nats.url });
    const { consumers } = await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS });
    await eventually(
      async () => {
        const { num_ack_pending, num_pending } = await consumers.info(COUNTS.name, 'ledger-mailer');
        return num_ack_pending + num_pending === 0;
      },
      { what: 'all were delivered again and acknowledged', timeoutMs: 90_000 },
    );
    await connection.close();
    await expectOneEffectEach('mail', 5);
  });
});
