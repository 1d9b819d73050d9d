import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually, type FreshDatabase, freshDatabase } from '@orderflow/testing';
import { MessagingMetrics } from '../observability/messaging-metrics.ts';
import type { Delivery } from '../routing/delivery.ts';
import { orderedController, World } from '../testing/deferred.test-support.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { deadLetters, ledgerOf } from '../testing/ledger.test-support.ts';
import { counted, deadIds, deadLettersOf, REASON } from '../testing/repair.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

/** The second failure is the last one; between them the message waits in the database. */
const RETRY = { firstDelayMs: 1_200, maxDelayMs: 1_200, maxAttempts: 2 };

let brokers: TestBrokers;
let fresh: FreshDatabase;
let world: World;
let services: TestService[];

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(async () => {
  fresh = await freshDatabase();
  world = new World();
  services = [];
});

afterEach(async () => {
  for (const service of services) await service.stop();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
  await fresh.drop();
});

afterAll(async () => {
  await brokers.stop();
});

const NOTE = `INSERT INTO ledger (user_id, n, message_id, attempt) VALUES ('messaging.note', $1, $2, 1)`;

@Controller()
class Transactional {
  @Subscribe(Counted)
  async handle(@Payload() { n }: Counted, @Ctx() { tx, messageId }: Delivery): Promise<void> {
    await tx.query(NOTE, [n, messageId]);
  }
}

@Controller()
class External {
  @Subscribe(Counted, { kind: 'external' })
  async handle(@Payload() { n }: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact((tx) => tx.query(NOTE, [n, delivery.messageId]));
  }
}

async function start(name: string, schema: string, controller?: Type): Promise<TestService> {
  const service = await brokers.startService({
    name,
    controllers: [controller ?? orderedController(world, { retry: RETRY })],
    streams: name === COUNTS.owner ? [COUNTS] : [],
    databaseUrl: fresh.url,
    options: { schema },
  });
  services.push(service);
  return service;
}

const schemasOf = async ({ database }: TestService): Promise<string[]> => {
  const rows = await database.query<{ name: string }>(
    `SELECT DISTINCT schemaname AS name FROM pg_tables WHERE tablename = 'inbox' ORDER BY name`,
  );
  return rows.map(({ name }) => name);
};

describe('the option schema', () => {
  it('lets two services share a database: each handles each event', async () => {
    const first = await start('ledger', 'messaging');
    await start('audit', 'audit');
    await first.publish(counted('u1', 1));
    const rows = await ledgerOf(first.database, 2);
    expect(new Set(rows.map((row) => row.message_id)).size).toBe(1);
    expect(await schemasOf(first)).toEqual(['audit', 'messaging']);
  });

  it.each([
    ['transactional', Transactional],
    ['external', External],
  ])('changes nothing that a handler writes: %s', async (_, controller) => {
    const service = await start('ledger', 'ledger_messaging', controller);
    await service.publish(counted('u1', 1));
    expect(await ledgerOf(service.database, 1)).toMatchObject([{ user_id: 'messaging.note' }]);
  });

  it('keeps a service from a schema of another one', async () => {
    await start('ledger', 'shared');
    await expect(start('audit', 'shared')).rejects.toMatchObject({ code: 'DATABASE_SHARED' });
  });

  it('is where a message waits, dies and is redriven, and nothing is anywhere else', async () => {
    const service = await start('ledger', 'ledger_messaging');
    world.broken.add('u1');
    await service.publish(counted('u1', 1));
    const [id = NaN] = await deadIds(service, 1);
    expect(world.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await deadLetters(brokers, 1)).toHaveLength(1);
    world.broken.clear();
    await deadLettersOf(service).redrive(id, REASON);
    await ledgerOf(service.database, 1);
    const isQuiet = async (): Promise<boolean> => {
      const { unpublished, dead, waiting, deferred } = await service.app.get(MessagingMetrics).ofService();
      return unpublished + dead + waiting + deferred === 0;
    };
    await eventually(isQuiet, { what: 'nothing is left' });
    expect(await schemasOf(service)).toEqual(['ledger_messaging']);
  });
});
