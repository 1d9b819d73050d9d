import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import { onError } from '../routing/failure-rule.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { RetryAfter } from '../errors/messaging-error.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, parkedOf, recordEffect } from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

class RateLimited extends Error {
  readonly waitMs = 700;
}
class Unauthorized extends Error {}
class Rejected extends Error {}

/** What the provider says, and when it was asked. */
let answer: (delivery: Delivery) => void;
let calls: number[];

@Controller()
class Caller {
  @Subscribe(Counted, {
    kind: 'external',
    dependency: 'provider',
    // Waits that would not be waited out by this test.
    retry: { firstDelayMs: 60_000, maxDelayMs: 60_000, maxAttempts: 3 },
    failures: [
      onError(RateLimited, { do: 'retry', afterMs: (error) => error.waitMs }),
      onError(Unauthorized, { do: 'defer' }),
      onError((error) => error instanceof Rejected, { do: 'final' }),
    ],
  })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    calls.push(performance.now());
    answer(delivery);
    await delivery.transact((tx) => recordEffect(tx, event, delivery));
  }
}

let brokers: TestBrokers;
let service: TestService;

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(async () => {
  calls = [];
  service = await brokers.startService({ name: 'ledger', controllers: [Caller], streams: [COUNTS] });
});

afterEach(async () => {
  await service.stop();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(() => brokers.stop());

const send = (): Promise<void> => service.publish(contract(Counted, { userId: 'u1', n: 1, mode: 'ok' }));

describe('an error of a handler', () => {
  it.each([
    ['that a rule retries', () => new RateLimited('slow down')],
    ['that says itself when to come again', () => new RetryAfter(700, 'slow down')],
  ])('%s waits as long as it says, and the attempt counts', async (_, error) => {
    answer = () => {
      if (calls.length === 1) throw error();
    };
    await send();
    expect(await ledgerOf(service.database, 1)).toMatchObject([{ attempt: 2 }]);
    const [first = 0, second = 0] = calls;
    expect(second - first).toBeGreaterThanOrEqual(695);
  });

  it('that a rule defers uses up no attempt, however often it comes', async () => {
    answer = () => {
      if (calls.length <= 4) throw new Unauthorized('401');
    };
    await send();
    expect(await ledgerOf(service.database, 1)).toMatchObject([{ attempt: 1 }]);
    expect(calls).toHaveLength(5);
  });

  it('that a rule calls final is a dead letter at once', async () => {
    answer = () => {
      throw new Rejected('no such card');
    };
    await send();
    expect(await parkedOf(service.database, 1)).toMatchObject([{ attempts: 1, reason: 'no such card' }]);
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['an event that breaks its contract', () => contract(Counted, { userId: 'u1', n: 1.5, mode: 'ok' })],
    ['a key that no subject takes', () => contract(Counted, { userId: 'a.b', n: 1, mode: 'ok' })],
    [
      'an event that is too large',
      () => contract(Counted, { userId: 'x'.repeat(1_100_000), n: 1, mode: 'ok' }),
    ],
    ['what is no event', () => new Rejected('published')],
  ])('in what it publishes is final: %s', async (_, event) => {
    answer = (delivery) => {
      delivery.publish(event());
    };
    await send();
    expect(await parkedOf(service.database, 1)).toMatchObject([{ state: 'dead', attempts: 1 }]);
    await eventually(() => calls.length === 1, { what: 'it was called once' });
  });
});
