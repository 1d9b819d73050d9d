import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { Database } from '@orderflow/database';
import { freshDatabase } from '@orderflow/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Counted, COUNTS, startBrokers, type TestBrokers } from '../testing/harness.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

const HOOKS = new URL('../testing/typescript-hooks.test-support.ts', import.meta.url);
const CHILD = new URL('../testing/child-service.test-support.ts', import.meta.url);

@Controller()
class Ledger {
  @Subscribe(Counted)
  handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
class SecondLedger {
  @Subscribe(Counted)
  again(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    return recordEffect(delivery.tx, event, delivery);
  }
}

@Controller()
class Injected {
  constructor(
    readonly database: Database,
    readonly outbox: Outbox,
  ) {}

  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    expect(this.outbox).toBeInstanceOf(Outbox);
    await this.database.query('SELECT 1');
    await recordEffect(delivery.tx, event, delivery);
  }
}

let brokers: TestBrokers;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterAll(async () => {
  await brokers.stop();
});

const counted = (n: number): Counted => contract(Counted, { userId: 'u1', n, mode: 'ok' });

describe('two methods that handle one event', () => {
  it('are refused at connectMessaging(), both named', async () => {
    const starting = brokers.startService({
      name: 'twice',
      controllers: [Ledger, SecondLedger],
      streams: [COUNTS],
    });
    await expect(starting).rejects.toMatchObject({
      code: 'HANDLER_DUPLICATE',
      message: expect.stringMatching(/(?=.*Ledger\.handle)(?=.*SecondLedger\.again)/),
    });
  });
});

describe('a controller', () => {
  it('gets its constructor arguments by their types', async () => {
    const service = await brokers.startService({
      name: 'injected',
      controllers: [Injected],
      streams: [COUNTS],
    });
    await service.publish(counted(1));
    expect(await ledgerOf(service.database, 1)).toMatchObject([{ n: 1 }]);
    await service.stop();
    await brokers.forget(COUNTS, 'DEAD_LETTERS');
  });
});

describe('a service', () => {
  it('starts, stops and starts again in one process, and handles each message once', async () => {
    const { url } = await freshDatabase('again');
    for (let round = 1; round <= 3; round++) {
      const service = await brokers.startService({
        name: 'again',
        controllers: [Ledger],
        streams: [COUNTS],
        databaseUrl: url,
      });
      await service.publish(counted(round));
      expect((await ledgerOf(service.database, round)).map(({ n }) => n)).toEqual([1, 2, 3].slice(0, round));
      await service.stop();
    }
    await brokers.forget(COUNTS, 'DEAD_LETTERS');
  });

  it('says once at its start what it owns and what it handles, and how', async () => {
    const log = recordingLog();
    const options = { log };
    const service = await brokers.startService({
      name: 'told',
      streams: [COUNTS],
      controllers: [Ledger],
      options,
    });
    await service.stop();
    const [summary, ...more] = log.entries.filter(({ message }) => message === 'Messaging started');
    expect(more).toEqual([]);
    expect(summary?.fields).toMatchObject({
      service: 'told',
      provision: 'apply',
      partitions: 16,
      broker: expect.stringMatching(/^2\.\d+\.\d+/),
      streams: [expect.stringMatching(/^COUNTS: /), expect.stringMatching(/^DEAD_LETTERS: /)],
      subscriptions: [
        'Ledger.handle <- COUNTS count.counted.v1, transactional, in order, park after 10 attempts',
      ],
    });
  });

  it('leaves nothing open: its process ends by itself once it has closed', async () => {
    const { url } = await freshDatabase('child');
    const flags = ['--conditions', '@orderflow/source', '--import', HOOKS.href, fileURLToPath(CHILD)];
    const child = spawn(process.execPath, [...flags, brokers.nats.url, url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    const rescue = setTimeout(() => child.kill('SIGKILL'), 30_000);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(rescue);
    expect({ code, signal, closed: output.includes('closed'), output }).toMatchObject({
      code: 0,
      closed: true,
    });
  });
});
