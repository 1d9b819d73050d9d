import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { contractOf } from '../contract/contract.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { PartitionLeases } from '../intake/partition-leases.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { noted, Noted, NOTES } from '../testing/events.test-support.ts';
import { receivedMessage, inertDelivery } from '../testing/received-message.test-support.ts';
import { blockKey, claim } from '../testing/inbox.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { Breakers } from './breaker.ts';
import type { Delivery } from '../routing/delivery.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { DEFAULT_RETRY } from '../routing/retry-policy.ts';
import { type Route, Router } from '../routing/router.ts';
import { buildLife } from './build-life.ts';
import { ExclusiveGate } from './exclusive-gate.ts';
import { SuspectRuns } from './suspect-runs.ts';
import { type Outcome, SETTLED } from './settlement.ts';

let tables: TestDatabase;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterEach(async () => {
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

const note = (): ReceivedMessage => {
  const data = new TextEncoder().encode(JSON.stringify(noted('u1', 1)));
  return receivedMessage('u1', {
    stream: NOTES.name,
    event: 'noted',
    delivery: { ...inertDelivery(), data },
  });
};

async function run(
  held: ReceivedMessage,
  handle: (delivery: Delivery) => Promise<void>,
): Promise<Outcome | undefined> {
  const route: Route = {
    handler: 'Caller.handle',
    contract: contractOf(Noted),
    kind: 'external',
    group: undefined,
    retry: DEFAULT_RETRY,
    timeoutMs: 10_000,
    concurrency: 16,
    onFailure: 'park',
    dependency: undefined,
    invoke: (_, delivery) => handle(delivery),
  };
  const life = buildLife({
    service: 'counter',
    consumer: ORDERED,
    name: 'counter',
    partitions: 16,
    rules: new PublishRules('any', () => undefined),
    database: tables.database,
    router: new Router([route]),
    breakers: new Breakers(),
    suspects: new SuspectRuns(new ExclusiveGate(), new PartitionLeases()),
    counts: new MessageCounts(),
    log: recordingLog(),
    stop: new AbortController().signal,
    wakeRelay: () => undefined,
  });
  return (await life.run({ messages: [held], leases: [] })).get(held);
}

/** Says something of its own when its transaction fails, as handlers with a catch do. */
async function transactOrComplain(delivery: Delivery): Promise<void> {
  try {
    await delivery.transact(() => Promise.resolve());
  } catch (error) {
    throw new Error('bad gateway', { cause: error });
  }
}

const attempts = (): Promise<object[]> => tables.database.query('SELECT message_id FROM messaging.attempt');

describe('an external handler that says something of its own about its transaction', () => {
  it('uses up no attempt when its key was blocked meanwhile', async () => {
    const outcome = await run(note(), async (delivery) => {
      await blockKey(tables.database, 'u1');
      await transactOrComplain(delivery);
    });
    expect(outcome?.state).toBe('waiting');
    expect(await attempts()).toEqual([]);
  });

  it('is settled, without an attempt, when its message took effect meanwhile', async () => {
    const held = note();
    const outcome = await run(held, async (delivery) => {
      await claim(tables.database, held);
      await transactOrComplain(delivery);
    });
    expect(outcome).toEqual(SETTLED);
    expect(await attempts()).toEqual([]);
  });

  it('uses up an attempt when its own work failed', async () => {
    const outcome = await run(note(), async (delivery) => {
      await delivery.transact((tx) => tx.query('SELECT 1 / 0'));
    });
    expect(outcome?.state).toBe('waiting');
    expect(await attempts()).toHaveLength(1);
  });
});
