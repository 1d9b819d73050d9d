import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Database } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { DependencyDown } from '../processing/breaker.ts';
import type { BatchDelivery } from '../routing/batch-delivery.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { Outbox } from '../outbox/outbox.ts';
import {
  Counted,
  COUNTS,
  type ServiceSpec,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { Subscribe, SubscribeBatch } from './subscribe.decorator.ts';

/** One bad message, and good ones of other keys before and behind it. */
const GOOD = 40;
const RETRY = { firstDelayMs: 50, maxDelayMs: 100, maxAttempts: 3 };

type Statement = Pick<Database, 'query'>;

const elsewhere = new Database({ url: 'postgres://u:p@127.0.0.1:1/d', applicationName: 'elsewhere' });
const raise = (state: string) => (tx: Statement) =>
  tx.query(`DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '${state}'; END $$`);
const down = (): never => {
  throw new DependencyDown('printer');
};

/** What the handler of the bad message does. */
const failures: [string, (tx: Statement) => unknown][] = [
  ['a statement that needs more temporary files than it may (53400)', raise('53400')],
  ['a statement that needs more memory or locks than there are (53200)', raise('53200')],
  ['a statement of a foreign data wrapper whose server is away (08001)', raise('08001')],
  ['a statement that conflicts each time (40001)', raise('40001')],
  ['a statement that writes in a read-only transaction (25006)', raise('25006')],
  ['a statement that says that the server shuts down (57P01)', raise('57P01')],
  ['another database that is away', () => elsewhere.query('SELECT 1')],
  ['DependencyDown, which is not for this kind of handler', down],
];

let act: (tx: Statement) => unknown;

@Controller()
class Transactional {
  @Subscribe(Counted, { retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    if (event.mode === 'fail') await act(delivery.tx);
    await recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
class Batched {
  @SubscribeBatch(Counted, { retry: RETRY })
  async handle(@Payload() events: Counted[], @Ctx() batch: BatchDelivery): Promise<void> {
    for (const [event, delivery] of batch.pair(events)) {
      if (event.mode === 'fail') await act(batch.tx);
      await recordEffect(batch.tx, event, delivery);
    }
  }
}

@Controller()
class External {
  @Subscribe(Counted, { kind: 'external', retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact(async (tx) => {
      if (event.mode === 'fail') await act(tx);
      await recordEffect(tx, event, delivery);
    });
  }
}

let brokers: TestBrokers;
let service: TestService;
let log: ReturnType<typeof recordingLog>;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service.stop();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await elsewhere.close();
  await brokers.stop();
});

async function start(controller: Type, limits: ServiceSpec['limits'] = {}): Promise<void> {
  log = recordingLog();
  const options = { log };
  service = await brokers.startService({
    name: 'ledger',
    controllers: [controller],
    streams: [COUNTS],
    options,
    limits,
  });
}

/** In one transaction, so that they come together. */
async function send(): Promise<void> {
  const good = [...Array(GOOD).keys()].map((n) =>
    contract(Counted, { userId: `good-${String(n)}`, n, mode: 'ok' }),
  );
  const bad = contract(Counted, { userId: 'bad', n: 0, mode: 'fail' });
  const events = [...good.slice(0, GOOD / 2), bad, ...good.slice(GOOD / 2)];
  await service.database.transaction((tx) => service.app.get(Outbox).add(tx, events));
}

/** The only one, once it is there. */
const deadLetter = (): Promise<object> =>
  eventually(
    async () =>
      (await service.database.query(`SELECT key, attempts FROM messaging.parked WHERE state = 'dead'`))[0],
    { what: 'a dead letter', timeoutMs: 40_000 },
  );

const cases = [Transactional, Batched, External].flatMap((controller) =>
  failures
    // For external handlers that is what DependencyDown is for.
    .filter(([name]) => controller !== External || !name.startsWith('DependencyDown'))
    .map(([name, work]) => [controller.name.toLowerCase(), name, controller, work] as const),
);

describe("a handler's failure is its own, whatever it looks like: its message dies, the others are handled and nothing pauses", () => {
  it.each(cases)('%s handler: %s', async (_kind, _name, controller, work) => {
    act = work;
    await start(controller);
    await send();
    expect(await ledgerOf(service.database, GOOD)).toHaveLength(GOOD);
    expect(await deadLetter()).toMatchObject({ key: 'bad', attempts: 3 });
    expect(pauses()).toEqual([]);
  });
});

const pauses = (): object[] => log.entries.filter(({ message }) => message.includes('pauses'));

describe('a message whose statement costs its transaction the connection, while the database is well', () => {
  it.each([Transactional, Batched, External])('waits alone, without an attempt: %p', async (controller) => {
    let times = 0;
    act = async (tx) => {
      times++;
      await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
    };
    await start(controller);
    await send();
    expect(await ledgerOf(service.database, GOOD)).toHaveLength(GOOD);
    await eventually(() => times > 8, { what: 'it was tried more often than it has attempts' });
    expect(await service.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
    // It may wait there.
    expect(await service.database.query('SELECT 1 FROM messaging.parked WHERE attempts > 0')).toEqual([]);
    expect(pauses()).toEqual([]);
  });

  it.each([Transactional, Batched, External])(
    'dies when it is that its statement takes longer than the client waits: %p',
    async (controller) => {
      act = async (tx) => {
        await tx.query('SET LOCAL statement_timeout = 0');
        await tx.query('SELECT pg_sleep(60)');
      };
      await start(controller, { statementTimeoutMs: 500, queryTimeoutMs: 1_000 });
      await send();
      expect(await deadLetter()).toMatchObject({ key: 'bad', attempts: 3 });
      expect(await ledgerOf(service.database, GOOD)).toHaveLength(GOOD);
      expect(pauses()).toEqual([]);
    },
  );
});
