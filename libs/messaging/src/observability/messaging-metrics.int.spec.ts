import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { PoisonMessage } from '../errors/messaging-error.ts';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { publishRaw } from '../testing/ledger.test-support.ts';
import { MessagingMetrics } from './messaging-metrics.ts';

@Controller()
class FallibleHandler {
  @Subscribe(Counted, { retry: { firstDelayMs: 20, maxDelayMs: 50, maxAttempts: 3 } })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.tx.query('SELECT 1');
    if (event.mode === 'poison') throw new PoisonMessage('asked to be poison');
    if (event.mode === 'fail-once' && delivery.attempt === 1) throw new Error('asked to fail once');
  }
}

let brokers: TestBrokers;
let service: TestService;
let metrics: MessagingMetrics;

beforeAll(async () => {
  brokers = await startBrokers();
  service = await brokers.startService({ name: 'ledger', controllers: [FallibleHandler], streams: [COUNTS] });
  metrics = service.app.get(MessagingMetrics);
});

afterAll(async () => {
  await service.stop();
  await brokers.stop();
});

const publish = (userId: string, mode: Counted['mode']): Promise<void> =>
  service.publish(contract(Counted, { userId, n: 1, mode }));

describe('the figures of a process', () => {
  it('count what was settled, retried and dead-lettered, in batches, and what was published', async () => {
    await publish('u1', 'ok');
    await publish('u2', 'fail-once');
    await publish('u3', 'poison');
    // Behind the poison: it is parked, which settles it too.
    await publish('u3', 'ok');
    await eventually(() => metrics.ofProcess().counts.settled === 4, { what: 'all four are settled' });
    const figures = metrics.ofProcess();
    expect(figures).toMatchObject({ counts: { retried: 1, dead: 1 }, held: 0, ownedPartitions: 16 });
    expect(figures).toMatchObject({ paused: false, relaying: true });
    const { batches, batchMessages, batchMs } = figures.counts;
    expect(batchMessages).toBeGreaterThanOrEqual(4);
    expect(batches).toBeLessThanOrEqual(batchMessages);
    expect(batchMs).toBeGreaterThan(0);
    // The copy of the dead letter is the fifth.
    await eventually(() => metrics.ofProcess().published === 5, { what: 'all are published' });
    await eventually(() => metrics.ofProcess().inFlight === 0, { what: 'nothing is under way' });
  });

  it('count as dead what has no contract', async () => {
    await publishRaw(brokers, 'count.u4.unheard-of', '{}', {});
    await eventually(() => metrics.ofProcess().counts.dead === 2, { what: 'it is a dead letter' });
  });
});

describe('the figures of a service', () => {
  it('tell dead letters from what waits behind them', async () => {
    expect(await metrics.ofService()).toMatchObject({ dead: 2, waiting: 1 });
  });

  it('tell how much waits for the relay, and for how long', async () => {
    const empty = async (): Promise<boolean> => (await metrics.ofService()).unpublished === 0;
    await eventually(empty, { what: 'the copies of the dead letters above are published' });
    await brokers.nats.kill('SIGTERM');
    await publish('u5', 'ok');
    const aged = async (): Promise<boolean> => (await metrics.ofService()).oldestMs > 0;
    await eventually(aged, { what: 'the row ages' });
    expect(await metrics.ofService()).toMatchObject({ unpublished: 1, delayed: 0 });
    await brokers.nats.restart();
    await eventually(empty, { what: 'the outbox is empty' });
    expect(await metrics.ofService()).toMatchObject({ oldestMs: 0 });
  });
});
