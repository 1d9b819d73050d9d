import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { BatchDelivery } from '../routing/batch-delivery.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import {
  deadLetters,
  eventOf,
  ledgerOf,
  parkedOf,
  publishRaw,
  recordEffect,
} from '../testing/ledger.test-support.ts';
import { Subscribe, SubscribeBatch, SubscribeShared } from './subscribe.decorator.ts';

const RETRY = { firstDelayMs: 20, maxDelayMs: 50, maxAttempts: 3 };

function misbehave(event: Counted, delivery: Delivery): void {
  if (event.mode === 'poison') throw new PoisonMessage('asked to be poison');
  if (event.mode === 'fail') throw new Error('asked to fail');
  if (event.mode === 'fail-once' && delivery.attempt === 1) throw new Error('asked to fail once');
}

@Controller()
class TransactionalLedger {
  @Subscribe(Counted, { retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
    misbehave(event, delivery);
  }
}

@Controller()
class BatchLedger {
  @SubscribeBatch(Counted, { retry: RETRY })
  async handle(@Payload() events: Counted[], @Ctx() batch: BatchDelivery): Promise<void> {
    for (const [event, delivery] of batch.pair(events)) {
      await recordEffect(batch.tx, event, delivery);
      misbehave(event, delivery);
    }
  }
}

@Controller()
class ExternalLedger {
  @Subscribe(Counted, { kind: 'external', retry: RETRY, timeoutMs: 500 })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    misbehave(event, delivery);
    if (event.mode === 'slow' && delivery.attempt === 1)
      await new Promise((resolve) => delivery.signal.addEventListener('abort', resolve));
    await delivery.transact((tx) => recordEffect(tx, event, delivery));
  }
}

@Controller()
class SharedLedger {
  @SubscribeShared(Counted, { name: 'group', retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    misbehave(event, delivery);
    await delivery.transact((tx) => recordEffect(tx, event, delivery));
  }
}

const counted = (userId: string, n: number, mode: Counted['mode'] = 'ok'): Counted =>
  contract(Counted, { userId, n, mode });

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

const start = async (controller: Type): Promise<TestService> => {
  service = await brokers.startService({ name: 'ledger', controllers: [controller], streams: [COUNTS] });
  return service;
};

describe.each([
  ['transactional', TransactionalLedger],
  ['batch', BatchLedger],
  ['external', ExternalLedger],
  ['shared', SharedLedger],
] as const)('%s handlers', (kind, controller) => {
  const ordered = kind !== 'shared';

  it('let each message take effect once', async () => {
    const { publish, database } = await start(controller);
    await Promise.all([...Array(60).keys()].map((n) => publish(counted(`u${String(n % 7)}`, n))));
    const rows = await ledgerOf(database, 60);
    expect(new Set(rows.map((row) => row.n)).size).toBe(60);
  });

  it('handle a message once that is stored twice under one id', async () => {
    const { publish, database } = await start(controller);
    // Past the broker's duplicate window, as after an outage: the broker stores each copy.
    const body = JSON.stringify(counted('u1', 1));
    for (let copy = 0; copy < 3; copy++) {
      await brokers.storeAgain(
        COUNTS,
        async () => (await publishRaw(brokers, 'count.u1.counted', body, { id: 'same' })) === 'stored',
      );
    }
    await publish(counted('u1', 2));
    const rows = await ledgerOf(database, 2);
    expect(rows.map((row) => row.n)).toEqual([1, 2]);
  });

  it('try again after a throw, and keep the effect of the attempt that succeeded only', async () => {
    const { publish, database } = await start(controller);
    await publish(counted('u1', 1, 'fail-once'));
    await publish(counted('u1', 2));
    const rows = await ledgerOf(database, 2);
    const first = rows.find((row) => row.n === 1);
    expect(first?.attempt).toBe(2);
    if (ordered) expect(rows.map((row) => row.n)).toEqual([1, 2]);
    expect(await database.query('SELECT * FROM messaging.attempt')).toEqual([]);
  });

  it('make a message a dead letter after its last attempt, with its history', async () => {
    const { publish, database } = await start(controller);
    await publish(counted('u1', 1, 'fail'));
    const [parked] = await parkedOf(database, 1);
    expect(parked).toMatchObject({ state: 'dead', attempts: 3, reason: 'asked to fail', blocks: ordered });
    expect(parked?.history.map((entry) => entry.error)).toEqual(Array(3).fill('asked to fail'));
    const [copy] = await deadLetters(brokers, 1);
    expect(copy?.headers).toMatchObject({
      'ce-type': 'count.counted.v1',
      'orderflow-reason': 'asked to fail',
      'orderflow-attempts': '3',
      'orderflow-message-id': parked?.message_id,
    });
    expect(JSON.parse(copy?.body ?? '')).toEqual({ userId: 'u1', n: 1, mode: 'fail' });
  });

  it('make poison a dead letter at the first attempt', async () => {
    const { publish, database } = await start(controller);
    await publish(counted('u1', 1, 'poison'));
    expect(await parkedOf(database, 1)).toMatchObject([
      { state: 'dead', attempts: 1, reason: 'asked to be poison' },
    ]);
  });

  it.each([
    ['a body that is no JSON', '{"userId":', {}],
    ['a body that is no UTF-8', new Uint8Array([0xff, 0xfe, 0x00]), {}],
    ['a body against the contract', '{"userId":"u1","n":"one","mode":"ok"}', {}],
    ['an unknown version', '{"userId":"u1","n":1,"mode":"ok"}', { 'ce-type': 'count.counted.v9' }],
  ])('keep %s', async (_, body, headers) => {
    const { database } = await start(controller);
    await publishRaw(brokers, 'count.u1.counted', body, { headers });
    expect(await parkedOf(database, 1)).toMatchObject([
      { state: 'dead', attempts: 1, payload: Buffer.from(body as string) },
    ]);
    const [copy] = await deadLetters(brokers, 1);
    const bytes = Buffer.from(
      copy?.body ?? '',
      copy?.headers['orderflow-body'] === 'base64' ? 'base64' : 'utf8',
    );
    expect(bytes).toEqual(Buffer.from(body as string));
  });
});

describe.each([
  ['transactional', TransactionalLedger],
  ['batch', BatchLedger],
  ['external', ExternalLedger],
] as const)('ordered %s handlers', (_kind, controller) => {
  it('handle each key in the order of its commits', async () => {
    const { publish, database } = await start(controller);
    for (let n = 0; n < 100; n++) await publish(counted(`u${String(n % 7)}`, n));
    const rows = await ledgerOf(database, 100);
    for (const own of Map.groupBy(rows, (row) => row.user_id).values()) {
      expect(own.map((row) => row.n)).toEqual(own.map((row) => row.n).toSorted((a, b) => a - b));
    }
  });

  it('park what follows a dead letter of the same key, in order, and let other keys pass', async () => {
    const { publish, database } = await start(controller);
    await publish(counted('u1', 1, 'poison'));
    await publish(counted('u1', 2));
    await publish(counted('u2', 3));
    await publish(counted('u1', 4));
    const parked = await parkedOf(database, 3);
    expect(parked.map((row) => [row.state, eventOf(row).n])).toEqual([
      ['dead', 1],
      ['waiting', 2],
      ['waiting', 4],
    ]);
    expect((await ledgerOf(database, 1)).map((row) => row.n)).toEqual([3]);
    // Only the dead one is copied.
    expect(await deadLetters(brokers, 1)).toHaveLength(1);
  });

  it('keep what is in the outbox and the stream while the service is down', async () => {
    const first = await start(controller);
    await first.publish(counted('u1', 1));
    await ledgerOf(first.database, 1);
    await first.app.close();
    await first.publish(counted('u1', 2));
    await publishRaw(brokers, 'count.u2.counted', JSON.stringify(counted('u2', 3)), {});
    const second = await brokers.startService({
      name: 'ledger',
      controllers: [controller],
      streams: [COUNTS],
      databaseUrl: first.databaseUrl,
    });
    expect((await ledgerOf(second.database, 3)).map((row) => row.n).toSorted()).toEqual([1, 2, 3]);
    await second.stop();
  });
});

describe('external handlers', () => {
  it('are given up at their deadline, and the attempt that was given up cannot commit', async () => {
    const { publish, database } = await start(ExternalLedger);
    await publish(counted('u1', 1, 'slow'));
    const rows = await ledgerOf(database, 1);
    expect(rows.map((row) => row.attempt)).toEqual([2]);
  });
});
