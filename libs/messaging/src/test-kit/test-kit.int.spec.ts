import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Database } from '@orderflow/database';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import type { BatchDelivery } from '../routing/batch-delivery.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import { Subscribe, SubscribeBatch } from '../nest/subscribe.decorator.ts';
import { MessagingTestKit } from '../testing.ts';
import { Counted, LEDGER } from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';

function misbehave(event: Counted): void {
  if (event.mode === 'poison') throw new PoisonMessage('asked to be poison');
  if (event.mode === 'fail') throw new Error('asked to fail');
}

@Controller()
class Transactional {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
    delivery.publish(contract(Counted, { userId: event.userId, n: event.n + 100, mode: 'ok' }));
    misbehave(event);
  }
}

@Controller()
class Batched {
  @SubscribeBatch(Counted)
  async handle(@Payload() events: Counted[], @Ctx() batch: BatchDelivery): Promise<void> {
    for (const [event, delivery] of batch.pair(events)) {
      await recordEffect(batch.tx, event, delivery);
      delivery.publish(contract(Counted, { userId: event.userId, n: event.n + 100, mode: 'ok' }));
      misbehave(event);
    }
  }
}

@Controller()
class External {
  @Subscribe(Counted, { kind: 'external' })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    misbehave(event);
    await delivery.transact(async (tx) => {
      await recordEffect(tx, event, delivery);
      delivery.publish(contract(Counted, { userId: event.userId, n: event.n + 100, mode: 'ok' }));
    });
  }
}

const counted = (n: number, mode: Counted['mode'] = 'ok', userId = `u${String(n)}`): Counted =>
  contract(Counted, { userId, n, mode });

describe.each([
  ['transactional', Transactional],
  ['batch', Batched],
  ['external', External],
] as const)('the test kit drives %s handlers', (_kind, controller) => {
  let fresh: FreshDatabase;
  let database: Database;
  let kit: MessagingTestKit;
  let close: () => Promise<void>;

  beforeAll(async () => {
    fresh = await freshDatabase();
    database = new Database({ url: fresh.url, applicationName: 'test-kit' });
    await database.query(LEDGER);
    const module = await Test.createTestingModule({ controllers: [controller] }).compile();
    const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
    kit = await MessagingTestKit.create({ app, database });
    close = () => app.close();
  });

  afterAll(async () => {
    await close();
    await database.close();
    await fresh.drop();
  });

  it('to a settled message with its events', async () => {
    const delivered = await kit.deliver(counted(1));
    expect(delivered).toMatchObject({ outcome: 'settled', state: 'handled' });
    expect(delivered.published).toMatchObject([
      { type: 'count.counted.v1', key: 'u1', data: { n: 101 }, delayed: false },
    ]);
  });

  it('through duplicates: no second effect, no second event', async () => {
    const { messageId } = await kit.deliver(counted(2));
    const again = await kit.deliver(counted(2), { messageId });
    expect(again).toMatchObject({ outcome: 'settled', state: 'handled' });
    expect(again.published).toHaveLength(1);
  });

  it('to a retry, and to a dead letter', async () => {
    expect(await kit.deliver(counted(3, 'fail'))).toMatchObject({
      outcome: 'waiting',
      state: 'retrying',
      published: [],
    });
    expect(await kit.deliver(counted(4, 'poison'))).toMatchObject({ outcome: 'settled', state: 'dead' });
    expect(await kit.deliver(counted(5, 'ok', 'u4'))).toMatchObject({ outcome: 'settled', state: 'parked' });
    expect(await kit.deliver(counted(6), { body: 'no JSON' })).toMatchObject({ state: 'dead' });
  });

  it('through a crash before the commit, of which nothing is left, and one after it, of which all is', async () => {
    const before = await kit.deliver(counted(7), { crash: 'before-commit' });
    expect(before).toMatchObject({ outcome: 'crashed', state: 'unknown', published: [] });
    const after = await kit.deliver(counted(7), { messageId: before.messageId, crash: 'after-commit' });
    expect(after).toMatchObject({ outcome: 'crashed', state: 'handled' });
    expect(await kit.deliver(counted(7), { messageId: before.messageId })).toMatchObject({
      outcome: 'settled',
    });
    expect((await ledgerOf(database, 3)).map((row) => row.n)).toEqual([1, 2, 7]);
  });
});
