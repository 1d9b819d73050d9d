import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { SubscribeShared } from './subscribe.decorator.ts';

let gate = Promise.withResolvers<undefined>();

@Controller()
class SharedLedger {
  @SubscribeShared(Counted, { name: 'group', retry: { firstDelayMs: 3_000, maxDelayMs: 3_000 } })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    if (event.mode === 'fail-once' && delivery.attempt === 1) throw new Error('asked to fail once');
    if (event.mode === 'slow') await gate.promise;
    await delivery.transact((tx) => recordEffect(tx, event, delivery));
  }
}

/** How many of its messages are being handled, were at most, and have been handled. */
let now = 0;
let most = 0;
let ended = 0;

@Controller()
class FewAtOnce {
  @SubscribeShared(Counted, { name: 'few', concurrency: 3 })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    most = Math.max(most, ++now);
    if (event.mode === 'slow') await gate.promise;
    await delivery.transact(() => Promise.resolve());
    now--;
    ended++;
  }
}

let brokers: TestBrokers;
let service: TestService;

beforeAll(async () => {
  brokers = await startBrokers();
  service = await brokers.startService({
    name: 'ledger',
    controllers: [SharedLedger, FewAtOnce],
    streams: [COUNTS],
  });
});

afterEach(() => {
  gate = Promise.withResolvers();
});

afterAll(async () => {
  await service.stop();
  await brokers.stop();
});

const publish = (n: number, mode: Counted['mode']): Promise<void> =>
  service.publish(contract(Counted, { userId: 'u1', n, mode }));

const WAITING = `
  SELECT message_id FROM messaging.attempt UNION ALL SELECT message_id FROM messaging.parked WHERE attempts > 0`;

const someoneWaits = (): Promise<unknown> =>
  eventually(async () => (await service.database.query(WAITING)).length === 1, { what: 'a failed attempt' });

describe('in a queue group, while a message waits for its retry', () => {
  it('others of its key are handled, those that were under way included, and none is lost', async () => {
    await publish(2, 'slow');
    await publish(1, 'fail-once');
    await someoneWaits();
    gate.resolve(undefined);
    await publish(3, 'ok');
    expect((await ledgerOf(service.database, 2)).map((row) => row.n).toSorted()).toEqual([2, 3]);
    expect((await ledgerOf(service.database, 3)).at(-1)?.n).toBe(1);
  });
});

describe('an instance handles as many messages of a queue group at once as its concurrency says', () => {
  it('and the next one when one has ended', async () => {
    const before = ended;
    for (let n = 11; n <= 18; n++) await publish(n, 'slow');
    await eventually(() => now === 3, { what: 'three are being handled' });
    gate.resolve(undefined);
    await eventually(() => ended >= before + 8, { what: 'all are handled' });
    expect(most).toBe(3);
  });
});
