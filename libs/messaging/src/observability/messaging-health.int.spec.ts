import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import { Outbox } from '../outbox/outbox.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { MessagingHealth } from './messaging-health.ts';

const MAX_LAG_MESSAGES = 100;
const KEYS = 50;

let open: () => void = () => undefined;
let gate: Promise<void> = Promise.resolve();

function closeGate(): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  open = resolve;
}

@Controller()
class Gated {
  @Subscribe(Counted, { kind: 'external' })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await gate;
    await delivery.transact((tx) => recordEffect(tx, event, delivery));
  }
}

let brokers: TestBrokers;
let service: TestService;
let health: MessagingHealth;

beforeAll(async () => {
  brokers = await startBrokers();
  service = await brokers.startService({
    name: 'ledger',
    controllers: [Gated],
    streams: [COUNTS],
    options: { partitions: 1, leaseMs: 500, maxLagMessages: MAX_LAG_MESSAGES },
  });
  const runtime = service.app.get(MessagingRuntime, { strict: false });
  health = new MessagingHealth(runtime, new HealthIndicatorService());
});

afterAll(async () => {
  open();
  await service.stop();
  await brokers.stop();
});

type Indicator = 'nats' | 'consumers' | 'leases' | 'relay' | 'lag';

async function says(indicator: Indicator, expected: object, timeoutMs = 20_000): Promise<void> {
  const matches = async (): Promise<boolean> => {
    const result: HealthIndicatorResult = await health[indicator]();
    expect(result).toMatchObject({ [indicator]: expected });
    return true;
  };
  await eventually(matches, { what: `${indicator} says ${JSON.stringify(expected)}`, timeoutMs });
}

const up = { status: 'up' };

async function publish(from: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, at) => from + at);
  const events = numbers.map((n) => contract(Counted, { userId: `u${String(n % KEYS)}`, n, mode: 'ok' }));
  await service.database.transaction((tx) => service.app.get(Outbox).add(tx, events));
}

async function outboxIsEmpty(): Promise<boolean> {
  const waiting = await service.database.query('SELECT FROM messaging.outbox');
  return waiting.length === 0;
}

describe('the indicator', () => {
  it('lag is down while more messages wait than the limit, and up again when they are handled', async () => {
    await says('lag', up);
    closeGate();
    // The window of the partition is 512: what is above it stays at the broker.
    await publish(1, 512 + 2 * MAX_LAG_MESSAGES);
    await says('lag', { status: 'down', reason: 'too far behind', maxMessages: MAX_LAG_MESSAGES });
    open();
    await ledgerOf(service.database, 512 + 2 * MAX_LAG_MESSAGES);
    await says('lag', { status: 'up', messages: 0 });
  });

  it('consumers is down while unknown events cannot be looked for, and up again when they can', async () => {
    await says('consumers', up);
    await service.database.query('ALTER TABLE messaging.unrouted_cursor RENAME TO away');
    // There is something to look at, and it is handled meanwhile.
    await publish(10_001, 1);
    await says('consumers', { status: 'down', reason: 'not looking for unknown events' });
    await service.database.query('ALTER TABLE messaging.away RENAME TO unrouted_cursor');
    await says('consumers', up);
  });

  it('nats is down without a broker, and up again when it is back', async () => {
    await says('nats', up);
    await brokers.nats.kill();
    await says('nats', { status: 'down' });
    await brokers.nats.restart();
    await says('nats', up);
  });

  it('consumers is down without their stream, and up again when its owner has made it again', async () => {
    await says('consumers', up);
    await brokers.forget(COUNTS);
    await says('consumers', { status: 'down', reason: 'not pulling' });
    // Whoever publishes notices.
    await publish(1, 1);
    await says('consumers', up);
  });

  it('leases is down while they cannot be renewed, and up again when they can', async () => {
    await says('leases', up);
    const held = await holdTransaction(service.database, (tx) =>
      tx.query('LOCK TABLE messaging.member IN EXCLUSIVE MODE'),
    );
    await says('leases', { status: 'down' });
    await held.rollBack();
    await says('leases', up);
  });

  it('relay is down when a row has waited and none could be published for 30 s, and up again when it could', async () => {
    await says('relay', up);
    // What the test before had the relay publish again would be news of it.
    await eventually(outboxIsEmpty, { what: 'everything is published' });
    await service.database.query(`
      UPDATE messaging.published SET published_at = published_at - interval '1 minute'`);
    await service.database.query(`
      INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, created_at)
      VALUES ('late', 'COUNTS', 'nowhere.u1.happened', 'u1', '{}', '{}', clock_timestamp() - interval '1 minute')`);
    await says('relay', { status: 'down', reason: 'stuck' });
    await service.database.query(`DELETE FROM messaging.outbox WHERE message_id = 'late'`);
    await says('relay', up);
  });
});

describe('probes while the outbox cannot be read', () => {
  it('take one connection of the pool at most: an unrelated query stays fast', async () => {
    const held = await holdTransaction(service.database, (tx) =>
      tx.query('LOCK TABLE messaging.outbox IN ACCESS EXCLUSIVE MODE'),
    );
    await says('relay', { status: 'down', reason: 'outbox cannot be read' });
    // More than the pool has connections.
    await Promise.all(Array.from({ length: 30 }, () => health.relay()));
    const startedAt = performance.now();
    await service.database.query('SELECT 1');
    // With a question for each probe it waits until those time out: seconds.
    expect(performance.now() - startedAt).toBeLessThan(900);
    await held.rollBack();
    await says('relay', up);
  });
});
