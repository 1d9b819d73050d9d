import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually, freshDatabase } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import {
  Counted,
  COUNTS,
  type ServiceSpec,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { MessagingIntake } from './messaging-intake.ts';
import { Subscribe } from './subscribe.decorator.ts';

@Controller()
class Ledger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

const KEYS = 64;

let brokers: TestBrokers;
let url: string;
let running: TestService[] = [];

beforeAll(async () => {
  brokers = await startBrokers();
});

afterAll(async () => {
  await brokers.stop();
});

/** A service with a database that its instances share. */
async function startTogether(test: (start: typeof instance) => Promise<void>): Promise<void> {
  const fresh = await freshDatabase();
  url = fresh.url;
  try {
    await test(instance);
  } finally {
    for (const service of running.splice(0)) await service.stop();
    await brokers.forget(COUNTS);
    await fresh.drop();
  }
}

async function instance(change: Partial<ServiceSpec> = {}): Promise<TestService> {
  const service = await brokers.startService({
    name: 'ledger',
    controllers: [Ledger],
    streams: [COUNTS],
    databaseUrl: url,
    ...change,
  });
  running = [...running, service];
  return service;
}

async function publishOnePerKey(service: TestService): Promise<void> {
  for (let key = 1; key <= KEYS; key += 1)
    await service.publish(contract(Counted, { userId: `u${String(key)}`, n: 1, mode: 'ok' }));
}

function runtimeOf({ app }: TestService): MessagingRuntime {
  return app.get(MessagingRuntime, { strict: false });
}

const partitionsOf = (service: TestService): number =>
  runtimeOf(service).instance?.handling.worker.ownedPartitions.length ?? 0;

describe('an instance without handlers beside a worker', () => {
  it('takes no partition: every message is handled', () =>
    startTogether(async (start) => {
      const api = await start({ controllers: [] });
      const worker = await start();
      await publishOnePerKey(api);
      await ledgerOf(worker.database, KEYS);
      expect([partitionsOf(api), partitionsOf(worker)]).toEqual([0, 16]);
    }));
});

describe('intake', () => {
  it('off takes no partition, whatever handlers there are', () =>
    startTogether(async (start) => {
      const api = await start({ options: { intake: 'off' } });
      const worker = await start();
      await publishOnePerKey(api);
      await ledgerOf(worker.database, KEYS);
      expect([partitionsOf(api), partitionsOf(worker)]).toEqual([0, 16]);
      expect(() => api.app.get(MessagingIntake).start()).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }));

  it('manual begins, ends and begins again when it is told to', () =>
    startTogether(async (start) => {
      const service = await start({ options: { intake: 'manual' } });
      const intake = service.app.get(MessagingIntake);
      await service.publish(contract(Counted, { userId: 'u1', n: 1, mode: 'ok' }));
      expect(partitionsOf(service)).toBe(0);
      for (const n of [1, 2]) {
        intake.start();
        await ledgerOf(service.database, n);
        await intake.stop();
        expect(partitionsOf(service)).toBe(0);
        await service.publish(contract(Counted, { userId: 'u1', n: n + 1, mode: 'ok' }));
      }
    }));
});

describe('relay: false', () => {
  it('leaves the outbox to the instances that relay', () =>
    startTogether(async (start) => {
      const api = await start({ options: { relay: false } });
      await publishOnePerKey(api);
      const unpublished = await api.database.query('SELECT FROM messaging.outbox');
      expect(unpublished).toHaveLength(KEYS);
      const relaying = await start({ controllers: [] });
      await ledgerOf(api.database, KEYS);
      await eventually(() => runtimeOf(relaying).instance?.relay.running === true, { what: 'it relays' });
      expect(runtimeOf(api).instance?.relay.running).toBe(false);
    }));
});

describe('a second service on the same database', () => {
  it('is refused at boot, with the cause and what to do', () =>
    startTogether(async (start) => {
      await start();
      await expect(start({ name: 'other', streams: [] })).rejects.toMatchObject({
        code: 'DATABASE_SHARED',
        message: expect.stringContaining('"ledger"'),
        remedy: expect.stringContaining('own database'),
      });
    }));
});
