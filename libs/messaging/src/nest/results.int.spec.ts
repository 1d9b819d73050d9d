import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { concat, defer, EMPTY, from, of, throwError } from 'rxjs';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, parkedOf, recordEffect } from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

const RETRY = { firstDelayMs: 10, maxDelayMs: 20, maxAttempts: 2 };
type Kind = 'transactional' | 'external';

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

function handlerThat(kind: Kind, answer: (event: Counted) => unknown): Type {
  @Controller()
  class Answering {
    @Subscribe(Counted, { kind, retry: RETRY })
    handle(@Payload() event: Counted, @Ctx() delivery: Delivery): unknown {
      if (event.mode !== 'ok') return answer(event);
      if (kind === 'external') return delivery.transact((tx) => recordEffect(tx, event, delivery));
      return recordEffect(delivery.tx, event, delivery);
    }
  }
  return Answering;
}

async function start(controller: Type): Promise<TestService> {
  service = await brokers.startService({ name: 'ledger', controllers: [controller], streams: [COUNTS] });
  return service;
}

const counted = (userId: string, n: number, mode: Counted['mode']): Counted =>
  contract(Counted, { userId, n, mode });

const circular: { self?: unknown } = {};
circular.self = circular;

const thrower = (thrown: unknown) => (): never => {
  throw thrown;
};

const failures: readonly [string, () => unknown, unknown][] = [
  ['a rejected promise', () => Promise.reject(new Error('rejected')), 'rejected'],
  ['an Observable that fails', () => throwError(() => new Error('observed')), 'observed'],
  [
    'an Observable that fails after a value',
    () =>
      concat(
        of(1),
        throwError(() => new Error('late')),
      ),
    'late',
  ],
  ['a string that is thrown', thrower('just a string'), expect.stringContaining('just a string')],
  ['undefined that is thrown', thrower(undefined), expect.any(String)],
  ['null that is thrown', thrower(null), expect.any(String)],
  ['a plain object that is thrown', thrower({ code: 7 }), expect.stringContaining('7')],
  ['an object that cannot be JSON', thrower(circular), expect.any(String)],
  ['a bigint that is thrown', thrower(7n), expect.any(String)],
  ['an error without a message', thrower(new RangeError('')), 'RangeError'],
];

describe.each<Kind>(['transactional', 'external'])('failures of %s handlers', (kind) => {
  it('settle with their reason, in whatever form they come', async () => {
    const answer = ({ n }: Counted): unknown => failures[n]?.[1]();
    const { publish, database } = await start(handlerThat(kind, answer));
    for (const n of failures.keys()) await publish(counted(`u${n}`, n, 'fail'));
    const parked = await parkedOf(database, failures.length);
    const reasons = new Map(
      parked.map(({ key, reason, attempts, state }) => [key, { reason, attempts, state }]),
    );
    const wanted = failures.map(
      ([, , reason], n) => [`u${n}`, { reason, attempts: 2, state: 'dead' }] as const,
    );
    expect(Object.fromEntries(reasons)).toEqual(Object.fromEntries(wanted));
  });
});

describe('an Observable that a handler returns', () => {
  it.each([
    ['is empty', () => EMPTY],
    ['has several values', () => from([1, 2, 3])],
  ])('and that %s settles the message', async (_, answer) => {
    const { publish, database } = await start(handlerThat('transactional', answer));
    await publish(counted('u1', 1, 'slow'));
    await publish(counted('u1', 2, 'ok'));
    // The next one of the key is handled only once the first is settled.
    expect(await ledgerOf(database, 1)).toMatchObject([{ n: 2 }]);
    expect(await parkedOf(database, 0)).toEqual([]);
  });

  it('does its work inside the transaction', async () => {
    @Controller()
    class Lazy {
      @Subscribe(Counted, { retry: RETRY })
      handle(@Payload() event: Counted, @Ctx() delivery: Delivery): unknown {
        return defer(async () => {
          await recordEffect(delivery.tx, event, delivery);
          if (event.mode === 'fail-once' && delivery.attempt === 1) throw new Error('too late');
        });
      }
    }
    const { publish, database } = await start(Lazy);
    await publish(counted('u1', 1, 'fail-once'));
    expect(await ledgerOf(database, 1)).toMatchObject([{ n: 1, attempt: 2 }]);
  });
});
