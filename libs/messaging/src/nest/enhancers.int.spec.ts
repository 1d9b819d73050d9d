import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { contract } from '../contract/contract.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import {
  BehindRefusingGuard,
  BehindThrowingGuard,
  Broken,
  filteredBy,
  Forgiving,
  InterceptedAfter,
  InterceptedBefore,
  Piped,
  Renaming,
} from '../testing/enhanced-controllers.test-support.ts';
import { deadLetters, ledgerOf, parkedOf } from '../testing/ledger.test-support.ts';

let brokers: TestBrokers;
let service: TestService | undefined;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

async function start(controller: Type): Promise<TestService> {
  service = await brokers.startService({ name: 'ledger', controllers: [controller], streams: [COUNTS] });
  return service;
}

const counted = (n: number, mode: Counted['mode'] = 'ok'): Counted =>
  contract(Counted, { userId: `u${n}`, n, mode });
describe.each([
  ['a guard', BehindThrowingGuard, 'the guard threw'],
  ['a guard that refuses', BehindRefusingGuard, expect.stringMatching(/forbidden/i)],
  ['an interceptor, before the handler', InterceptedBefore, 'the interceptor threw'],
  ['an interceptor, after the handler', InterceptedAfter, 'the interceptor threw'],
  ['a pipe', Piped, 'the pipe threw'],
  ['a filter that hands on another error', filteredBy(Renaming), 'renamed for 2: Error: the handler threw'],
  ['a filter that throws', filteredBy(Broken), 'the filter threw'],
])('an exception in %s', (_, controller, reason) => {
  it('is tried again, then a dead letter with its reason and no effect; other messages pass', async () => {
    const { publish, database } = await start(controller);
    await publish(counted(1));
    await publish(counted(2, 'fail'));
    await publish(counted(3));
    expect(await parkedOf(database, 1)).toMatchObject([{ key: 'u2', state: 'dead', attempts: 2, reason }]);
    const [copy] = await deadLetters(brokers, 1);
    expect(copy?.headers).toMatchObject({ 'orderflow-reason': reason });
    const passed = await ledgerOf(database, 2);
    expect(new Set(passed.map(({ user_id }) => user_id))).toEqual(new Set(['u1', 'u3']));
  });
});

describe('what Nest puts around a handler', () => {
  it('may change the event that the handler gets', async () => {
    const { publish, database } = await start(Piped);
    await publish(counted(21));
    expect(await ledgerOf(database, 1)).toMatchObject([{ n: 42 }]);
  });

  it('may turn an error into a value: the message counts as handled', async () => {
    const { publish, database } = await start(filteredBy(Forgiving));
    await publish(counted(1, 'fail'));
    await publish(counted(2));
    expect(new Set((await ledgerOf(database, 2)).map(({ n }) => n))).toEqual(new Set([1, 2]));
    expect(await parkedOf(database, 0)).toEqual([]);
  });
});
