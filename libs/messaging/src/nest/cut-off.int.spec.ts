import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { ServiceInstance } from '../runtime/service-instance.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import { type FreezingProxy, freezingProxy } from '../testing/freezing-proxy.test-support.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { heldBy, runtimeOf, untilShared } from '../testing/shares.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

@Controller()
class Ledger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

const KEYS = 32;
const GIVES_UP_WITHIN_MS = 10_000;
const BACK_WITHIN_MS = 5_000;

let brokers: TestBrokers;
let proxy: FreezingProxy;
/** Its way to the broker can be cut. */
let remote: TestService;
let local: TestService;
let published = 0;

beforeAll(async () => {
  brokers = await startBrokers();
  proxy = await freezingProxy(brokers.nats.url);
  const common = { name: 'ledger', controllers: [Ledger], streams: [COUNTS] };
  remote = await brokers.startService({ ...common, options: { natsServers: [proxy.url] } });
  local = await brokers.startService({ ...common, databaseUrl: remote.databaseUrl });
  await untilShared(remote, local);
});

afterAll(async () => {
  await remote.stop();
  await local.stop();
  proxy.stop();
  await brokers.stop();
});

function instanceOf(service: TestService): ServiceInstance {
  const { instance } = runtimeOf(service);
  if (instance === undefined) throw new Error('not running');
  return instance;
}

async function publishThrough(service: TestService): Promise<void> {
  for (let key = 1; key <= KEYS; key += 1)
    await service.publish(
      contract(Counted, { userId: `u${String(key)}`, n: published / KEYS + 1, mode: 'ok' }),
    );
  published += KEYS;
}

describe('an instance that alone is cut off from the broker', () => {
  it('loses its relay and its partitions to the others within 10 s, and gets its share back later', async () => {
    const cutAt = performance.now();
    proxy.freeze();
    await eventually(() => heldBy(local).length === 17 && heldBy(remote).length === 0, {
      what: 'the other instance holds everything',
    });
    expect(performance.now() - cutAt).toBeLessThan(GIVES_UP_WITHIN_MS);
    // Accepted by the one that is cut off, published and handled by the other.
    await publishThrough(remote);
    await ledgerOf(local.database, published);
    proxy.thaw();
    await untilShared(remote, local);
    await publishThrough(local);
    await ledgerOf(local.database, published);
  });
});

describe('a broker whose address swallows packets', () => {
  it('moves nothing, and both instances handle again within 5 s of its return', async () => {
    const shares = [heldBy(remote), heldBy(local)];
    process.kill(brokers.nats.pid, 'SIGSTOP');
    await eventually(() => [remote, local].every((each) => instanceOf(each).contact.silenceMs > 12_000), {
      what: 'both have heard nothing for 12 s',
    });
    // Accepted meanwhile.
    await publishThrough(remote);
    expect([heldBy(remote), heldBy(local)]).toEqual(shares);
    process.kill(brokers.nats.pid, 'SIGCONT');
    const backAt = performance.now();
    await ledgerOf(local.database, published);
    expect(performance.now() - backAt).toBeLessThan(BACK_WITHIN_MS);
  });
});
