import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { SqlExecutor } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import type { Delivery } from '../routing/delivery.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { counted, deadIds, deadLettersOf, REASON } from '../testing/repair.test-support.ts';

/** Shorter than an attempt takes: the message is ready before the rest is over that follows its failure. */
const RETRY = { firstDelayMs: 1, maxDelayMs: 1, maxAttempts: 2 };

async function fail(tx: SqlExecutor): Promise<void> {
  await tx.query('SELECT pg_sleep(0.05)');
  throw new Error('it is broken');
}

@Controller()
class Transactional {
  @Subscribe(Counted, { retry: RETRY })
  async handle(@Payload() _event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await fail(delivery.tx);
  }
}

@Controller()
class External {
  @Subscribe(Counted, { kind: 'external', retry: RETRY })
  async handle(@Payload() _event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact(fail);
  }
}

let brokers: TestBrokers;
let service: TestService | undefined;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await service?.stop();
});

afterAll(async () => {
  await brokers.stop();
});

/** Node cuts off fractions of a millisecond: its timers may fire early by nearly one. These always do, by two. */
function fireTimersEarly(): void {
  const { setTimeout: original } = globalThis;
  const early = (work: () => void, afterMs = 0): NodeJS.Timeout =>
    original(work, Math.max(Math.trunc(afterMs) - 2, 0));
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(early);
}

describe.each([
  ['transactional', Transactional],
  ['external', External],
] as const)('a message from the database whose %s handler failed', (name, controller) => {
  it('is tried again after the rest that follows, however early its timer fires', async () => {
    const started = await brokers.startService({ name, controllers: [controller], streams: [COUNTS] });
    service = started;
    await started.publish(counted('u1', 1));
    const [id = 0] = await deadIds(started, 1);
    fireTimersEarly();
    await deadLettersOf(started).redrive(id, REASON);
    await eventually(async () => (await deadLettersOf(started).show(id)).deaths === 2, {
      what: 'dead again',
    });
    expect(await deadLettersOf(started).show(id)).toMatchObject({ attempts: 2, state: 'dead' });
  });
});
