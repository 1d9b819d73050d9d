import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { contractOf } from '../contract/contract.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { PartitionLeases } from '../intake/partition-leases.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { NOTES, noted, Noted } from '../testing/events.test-support.ts';
import { receivedMessage, inertDelivery } from '../testing/received-message.test-support.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { PublishRules } from '../outbox/publish-rules.ts';
import { Breakers } from './breaker.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import { DEFAULT_RETRY } from '../routing/retry-policy.ts';
import { type Route, Router } from '../routing/router.ts';
import { buildLife } from './build-life.ts';
import { ExclusiveGate } from './exclusive-gate.ts';
import { SuspectRuns } from './suspect-runs.ts';
import type { MessageLife } from './message-life.ts';

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

const note = (n: number): ReceivedMessage => {
  const data = new TextEncoder().encode(JSON.stringify(noted(`u${String(n)}`, n)));
  return receivedMessage(`u${String(n)}`, {
    stream: NOTES.name,
    event: 'noted',
    delivery: { ...inertDelivery(), data },
  });
};

function lifeOf(handle: (event: Noted) => void): MessageLife {
  const route: Route = {
    handler: 'Noter.handle',
    contract: contractOf(Noted),
    kind: 'transactional',
    group: undefined,
    retry: DEFAULT_RETRY,
    timeoutMs: 10_000,
    concurrency: 16,
    onFailure: 'park',
    dependency: undefined,
    invoke: async (event) => {
      await Promise.resolve();
      handle(event as Noted);
    },
  };
  return buildLife({
    service: 'notes',
    consumer: ORDERED,
    name: 'notes',
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
}

const recorded = async (): Promise<number> =>
  (await tables.database.query('SELECT FROM messaging.inbox')).length;

it('a batch whose partition is given back ends between two handlers, and keeps nothing', async () => {
  const release = new AbortController();
  const seen: number[] = [];
  const life = lifeOf(({ n }) => {
    seen.push(n);
    if (n === 2) release.abort();
  });
  const messages = [1, 2, 3, 4].map(note);
  const outcomes = await life.run({ messages, leases: [], release: release.signal });
  expect(outcomes.size).toBe(0);
  expect(seen).toEqual([1, 2]);
  expect(await recorded()).toBe(0);
});

it('a batch that is run in halves tells what was committed before its partition was given back', async () => {
  const release = new AbortController();
  const seen: number[] = [];
  const life = lifeOf(({ n }) => {
    if (n === 4) throw new Error('it is broken');
    // In its half.
    if (n === 2 && seen.includes(2)) release.abort();
    seen.push(n);
  });
  const messages = [1, 2, 3, 4].map(note);
  const outcomes = await life.run({ messages, leases: [], release: release.signal });
  expect([...outcomes.keys()]).toEqual(messages.slice(0, 2));
  expect(seen).toEqual([1, 2, 3, 1, 2]);
  expect(await recorded()).toBe(2);
});
