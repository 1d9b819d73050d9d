import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { shareOut } from '../ownership/rendezvous.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { deadLetters, ledgerOf, parkedOf, publishRaw, recordEffect } from '../testing/ledger.test-support.ts';
import { RELAY_RESOURCE } from '../topology/resource.ts';
import { Subscribe } from './subscribe.decorator.ts';

@Controller()
class Ledger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

let brokers: TestBrokers;
const services = new Set<TestService>();

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  for (const service of services) await service.stop();
  services.clear();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

const start = async (): Promise<TestService> => {
  const service = await brokers.startService({ name: 'ledger', controllers: [Ledger], streams: [COUNTS] });
  services.add(service);
  return service;
};

const runtimeOf = ({ app }: TestService): MessagingRuntime => app.get(MessagingRuntime, { strict: false });

describe('an event that no contract knows', () => {
  it('is kept as a dead letter by the owner of the stream, and blocks nobody', async () => {
    const { publish, database } = await start();
    await publishRaw(brokers, 'count.u1.frobnicated', '{}', {});
    expect(await parkedOf(database, 1)).toMatchObject([
      { state: 'dead', blocks: false, subject: expect.stringMatching(/^count\.\d+\.u1\.frobnicated$/) },
    ]);
    await publish(contract(Counted, { userId: 'u1', n: 1, mode: 'ok' }));
    expect(await ledgerOf(database, 1)).toHaveLength(1);
    expect(await eventually(() => deadLetters(brokers, 1), { what: 'the copy' })).toHaveLength(1);
  });

  it('is kept beside a dead letter that has the same id', async () => {
    const { database } = await start();
    await publishRaw(brokers, 'count.u1.frobnicated', '{}', { id: 'm1' });
    await parkedOf(database, 1);
    await brokers.storeAgain(
      COUNTS,
      async () => (await publishRaw(brokers, 'count.u1.counted', '?', { id: 'm1' })) === 'stored',
    );
    expect(await parkedOf(database, 2)).toMatchObject([{ blocks: false }, { blocks: true }]);
  });

  it('is looked for by the instance that relays, and by another one when that stops', async () => {
    const first = await start();
    const { databaseUrl } = first;
    const spec = { name: 'ledger', controllers: [Ledger], streams: [COUNTS], databaseUrl };
    const second = await brokers.startService({ ...spec, options: { instance: 'second', leaseMs: 500 } });
    services.add(second);
    const lookers = (): TestService[] =>
      [first, second].filter((each) => runtimeOf(each).instance?.handling.scanners[0]?.running);
    const names = [first, second].map((each) => runtimeOf(each).options.instance);
    const preferred = shareOut([RELAY_RESOURCE], names).get(RELAY_RESOURCE);
    const settled = (): boolean =>
      lookers().length === 1 && lookers().every((each) => runtimeOf(each).options.instance === preferred);
    await eventually(settled, { what: 'the owner of the relay looks' });
    const [before] = lookers();
    const after = before === first ? second : first;
    await publishRaw(brokers, 'count.u1.frobnicated', '{}', { id: 'm1' });
    await parkedOf(after.database, 1);
    services.delete(before ?? first);
    await before?.stop();
    await publishRaw(brokers, 'count.u2.frobnicated', '{}', { id: 'm2' });
    expect(await parkedOf(after.database, 2)).toMatchObject([{ message_id: 'm1' }, { message_id: 'm2' }]);
    expect(lookers()).toEqual([after]);
  });
});
