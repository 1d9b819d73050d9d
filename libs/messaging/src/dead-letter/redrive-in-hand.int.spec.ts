import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { eventually } from '@orderflow/testing';
import type { Delivery } from '../routing/delivery.ts';
import { Subscribe } from '../nest/subscribe.decorator.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { counted, deadIds, deadLettersOf, REASON, untilFlowing } from '../testing/repair.test-support.ts';

let brokers: TestBrokers;
let service: TestService;
let gate: PromiseWithResolvers<void>;
let isBroken: boolean;
let inHand: number;

const RETRY = { firstDelayMs: 10, maxDelayMs: 20, maxAttempts: 2 };

/** Reads, thinks, writes: right only if it is alone with its key. */
async function addTo(event: Counted, delivery: Delivery): Promise<void> {
  if (isBroken && event.mode === 'ok') throw new Error('it is broken');
  const [row] = await delivery.tx.query<{ sum: number }>('SELECT sum FROM balance WHERE user_id = $1', [
    event.userId,
  ]);
  inHand++;
  if (event.mode === 'slow') await gate.promise;
  await delivery.tx.query('UPDATE balance SET sum = $2 WHERE user_id = $1', [
    event.userId,
    (row?.sum ?? 0) + event.n,
  ]);
}

@Controller()
class Skipping {
  @Subscribe(Counted, { retry: RETRY, onFailure: 'skip' })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await addTo(event, delivery);
  }
}

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service.stop();
});

afterAll(async () => {
  await brokers.stop();
});

describe('a dead letter that is redriven while another message of its key is in hand', () => {
  it('is handled after it, not beside it', async () => {
    gate = Promise.withResolvers();
    isBroken = true;
    inHand = 0;
    service = await brokers.startService({ name: 'ledger', controllers: [Skipping], streams: [COUNTS] });
    await service.database.query('CREATE TABLE balance (user_id text PRIMARY KEY, sum int NOT NULL)');
    await service.database.query(`INSERT INTO balance VALUES ('u1', 0)`);
    await service.publish(counted('u1', 100));
    const [id = 0] = await deadIds(service, 1);
    await service.publish(counted('u1', 1, 'slow'));
    await eventually(() => inHand === 1, { what: 'the next one is in hand' });
    isBroken = false;
    await deadLettersOf(service).redrive(id, REASON);
    // Time for it to begin, had it not to wait: a message of another key does, and is done.
    await service.database.query(`INSERT INTO balance VALUES ('u2', 0)`);
    await service.publish(counted('u2', 7));
    const other = async (): Promise<boolean> =>
      (await service.database.query(`SELECT FROM balance WHERE user_id = 'u2' AND sum = 7`)).length === 1;
    await eventually(other, { what: 'another key goes on' });
    gate.resolve();
    const sum = async (): Promise<boolean> =>
      (await service.database.query(`SELECT FROM balance WHERE user_id = 'u1' AND sum = 101`)).length === 1;
    await eventually(sum, { what: 'both have taken effect' });
    await untilFlowing(service);
  });
});
