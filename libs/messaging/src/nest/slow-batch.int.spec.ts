import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { waitingForLock } from '../testing/messaging-database.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

const LAST = 40;
const LOCK = 'SELECT pg_advisory_xact_lock(1)';

/** Each message of `chain` causes the next one, which so arrives a moment after the transaction before it has ended. */
@Controller()
class ChainLedger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    const { userId, n, mode } = event;
    if (mode === 'slow') await delivery.tx.query(LOCK);
    else if (n < LAST) delivery.publish(contract(Counted, { userId, n: n + 1, mode }));
    await recordEffect(delivery.tx, event, delivery);
  }
}

let brokers: TestBrokers;
let service: TestService;

beforeAll(async () => {
  brokers = await startBrokers();
  service = await brokers.startService({ name: 'ledger', controllers: [ChainLedger], streams: [COUNTS] });
});

afterAll(async () => {
  await service.stop();
  await brokers.stop();
});

it('what arrives beside a transaction that waits for a lock is handled, whenever it arrives', async () => {
  const { database, publish } = service;
  const lock = await holdTransaction(database, (tx) => tx.query(LOCK));
  await publish(contract(Counted, { userId: 'slow', n: 0, mode: 'slow' }));
  await eventually(async () => (await waitingForLock(database)) === 1, { what: 'it waits' });
  await publish(contract(Counted, { userId: 'chain', n: 1, mode: 'ok' }));
  const chain = await ledgerOf(database, LAST);
  expect(chain.map(({ n }) => n)).toEqual(Array.from({ length: LAST }, (_, index) => index + 1));
  await lock.commit();
  expect((await ledgerOf(database, LAST + 1)).at(-1)).toMatchObject({ user_id: 'slow' });
});
