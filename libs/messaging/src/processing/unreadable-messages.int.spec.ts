import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ProbedDatabase } from '@orderflow/database';
import { contractOf } from '../contract/contract.ts';
import { ORDERED } from '../inbox/inbox.ts';
import { PartitionLeases } from '../intake/partition-leases.ts';
import { MessageCounts } from '../message/message-counts.ts';
import { noted, Noted, NOTES } from '../testing/events.test-support.ts';
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
import type { Outcomes } from './settlement.ts';

let tables: TestDatabase;
let handled: string[];
let transactions: number;

beforeAll(async () => {
  tables = await startMessagingDatabase();
});

afterEach(async () => {
  await tables.clear();
});

afterAll(async () => {
  await tables.stop();
});

function message(key: string, body: unknown = noted(key, 1)): ReceivedMessage {
  const data = new TextEncoder().encode(JSON.stringify(body));
  return receivedMessage(key, { stream: NOTES.name, event: 'noted', delivery: { ...inertDelivery(), data } });
}

const good = (key: string): ReceivedMessage => message(key);
const bad = (key: string): ReceivedMessage => message(key, { userId: key });

/** Counts its transactions, as the time of a batch is counted in them. */
function counting(): ProbedDatabase {
  const { database } = tables;
  return {
    query: (text, values) => database.query(text, values),
    state: () => database.state(),
    transaction: (work, options) => {
      transactions++;
      return database.transaction(work, options);
    },
  };
}

async function run(messages: readonly ReceivedMessage[], onFailure: Route['onFailure']): Promise<Outcomes> {
  handled = [];
  transactions = 0;
  const route: Route = {
    handler: 'Reader.handle',
    contract: contractOf(Noted),
    kind: 'transactional',
    group: undefined,
    retry: DEFAULT_RETRY,
    timeoutMs: 10_000,
    concurrency: 16,
    onFailure,
    dependency: undefined,
    invoke: (_, delivery) => {
      handled.push(delivery.messageId);
      return Promise.resolve();
    },
  };
  const life = buildLife({
    service: 'reader',
    consumer: ORDERED,
    name: 'reader',
    partitions: 16,
    rules: new PublishRules('any', () => undefined),
    database: counting(),
    router: new Router([route]),
    breakers: new Breakers(),
    suspects: new SuspectRuns(new ExclusiveGate(), new PartitionLeases()),
    counts: new MessageCounts(),
    log: recordingLog(),
    stop: new AbortController().signal,
    wakeRelay: () => undefined,
  });
  return await life.run({ messages, leases: [] });
}

const parked = (): Promise<{ message_id: string; state: string }[]> =>
  tables.database.query('SELECT message_id, state FROM messaging.parked ORDER BY id');

const keys = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(n)}`);

describe('a flood of messages that no handler can read', () => {
  it('is kept in one transaction, and the others are handled in one', async () => {
    const flood = keys('bad', 100).map(bad);
    const others = keys('good', 20).map(good);
    const outcomes = await run([...flood.slice(50), ...others, ...flood.slice(0, 50)], 'park');
    expect(transactions).toBe(2);
    expect(new Set([...outcomes.values()].map(({ state }) => state))).toEqual(new Set(['settled']));
    expect(outcomes.size).toBe(120);
    expect(handled).toEqual(others.map(({ messageId }) => messageId));
    expect((await parked()).filter(({ state }) => state === 'dead')).toHaveLength(100);
  });

  it('keeps the order of each key: what is before takes effect, what is behind is parked', async () => {
    const [before, dead, behind, deadToo, last] = [good('k'), bad('k'), good('k'), bad('k'), good('k')];
    const outcomes = await run([before, dead, behind, deadToo, last], 'park');
    expect([...outcomes.values()].every(({ state }) => state === 'settled')).toBe(true);
    // Its transaction was rolled back with the unreadable one's, and done again.
    expect(new Set(handled)).toEqual(new Set([before.messageId]));
    expect(await parked()).toEqual([
      { message_id: dead.messageId, state: 'dead' },
      { message_id: behind.messageId, state: 'waiting' },
      { message_id: deadToo.messageId, state: 'waiting' },
      { message_id: last.messageId, state: 'waiting' },
    ]);
  });

  it('lets the key go on where the subscription skips', async () => {
    const [first, second, third] = [bad('k'), bad('k'), good('k')];
    await run([first, second, third], 'skip');
    expect(handled).toEqual([third.messageId]);
    expect((await parked()).map(({ state }) => state)).toEqual(['dead', 'dead']);
  });

  it('is tried for ever where the subscription blocks', async () => {
    const held = bad('k');
    expect((await run([held], 'block')).get(held)).toMatchObject({ state: 'waiting' });
    expect(await parked()).toEqual([]);
  });

  it('is recorded once when it is delivered again', async () => {
    const flood = keys('bad', 5).map(bad);
    await run(flood, 'park');
    await run(flood, 'park');
    expect(await parked()).toHaveLength(5);
  });
});
