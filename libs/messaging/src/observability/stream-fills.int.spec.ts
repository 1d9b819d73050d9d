import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JetStreamManager } from '@nats-io/jetstream';
import { contract } from '../contract/contract.ts';
import { eventually } from '@orderflow/testing';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { MessagingMetrics } from './messaging-metrics.ts';
import { StreamFills } from './stream-fills.ts';

let brokers: TestBrokers;
let service: TestService;
let manager: JetStreamManager;

beforeAll(async () => {
  brokers = await startBrokers();
  service = await brokers.startService({ name: 'ledger', controllers: [], streams: [COUNTS] });
  const { broker } = service.app.get(MessagingRuntime);
  if (broker === undefined) throw new Error('not connected');
  manager = broker.manager;
});

afterAll(async () => {
  await service.stop();
  await brokers.stop();
});

const stored = async (): Promise<number> => (await manager.streams.info(COUNTS.name)).state.messages;

it('says how full the owned streams are, of their nearest limit', async () => {
  await service.publish(contract(Counted, { userId: 'u1', n: 1, mode: 'ok' }));
  await eventually(async () => (await stored()) === 1, { what: 'the event is stored' });
  const { bytes } = (await manager.streams.info(COUNTS.name)).state;
  await manager.streams.update(COUNTS.name, { max_bytes: bytes * 4 });
  const read = () => new StreamFills([COUNTS.name, 'MISSING'], () => manager).read();
  expect(await read()).toEqual([{ stream: COUNTS.name, bytes, ratio: 0.25 }]);
  await manager.streams.update(COUNTS.name, { max_msgs: 2 });
  expect(await read()).toMatchObject([{ ratio: 0.5 }]);
  await manager.streams.update(COUNTS.name, { max_bytes: -1, max_msgs: -1 });
  expect(await read()).toMatchObject([{ ratio: 0 }]);
});

it('reaches the metrics of the service, with the stream of dead letters', async () => {
  const fills = await service.app.get(MessagingMetrics).ofStreams();
  expect(fills.map(({ stream }) => stream)).toEqual([COUNTS.name, 'DEAD_LETTERS']);
});

it('asks the broker once, however often it is asked', async () => {
  let asked = 0;
  const fills = new StreamFills([COUNTS.name], () => {
    asked += 1;
    return manager;
  });
  await Promise.all(Array.from({ length: 50 }, () => fills.read()));
  await fills.read();
  expect(asked).toBe(1);
});
