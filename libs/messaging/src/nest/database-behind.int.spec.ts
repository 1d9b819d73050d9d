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
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../testing/harness.test-support.ts';
import { ledgerOf, recordEffect } from '../testing/ledger.test-support.ts';
import { Subscribe } from './subscribe.decorator.ts';

@Controller()
class Ledger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

let brokers: TestBrokers;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterAll(() => brokers.stop());

const runtimeOf = ({ app }: TestService): MessagingRuntime => app.get(MessagingRuntime, { strict: false });
const pausedOf = (service: TestService): string | undefined =>
  runtimeOf(service).instance?.handling.worker.paused;
const counted = (userId: string, n: number): object => contract(Counted, { userId, n, mode: 'ok' });

describe('a database that is behind its stream', () => {
  it('makes every instance rest, the one that relays and the others, until the operator has decided', async () => {
    const fresh = await freshDatabase();
    const start = (relay: boolean): Promise<TestService> =>
      brokers.startService({
        name: 'ledger',
        controllers: [Ledger],
        streams: [COUNTS],
        databaseUrl: fresh.url,
        options: { relay },
      });
    const [relaying, other] = [await start(true), await start(false)];
    try {
      await relaying.publish(counted('u1', 1));
      await ledgerOf(relaying.database, 1);
      await eventually(
        async () => (await relaying.database.query('SELECT FROM messaging.published')).length === 1,
        { what: 'the event is marked' },
      );
      // As after a restore: the stream has an event of this service that the database does not know.
      await relaying.database.query('UPDATE messaging.published SET sequence = 0');
      await relaying.database.query(`UPDATE messaging.published SET message_id = 'forgotten'`);
      runtimeOf(relaying).instance?.relaying.relay.reconcile('a restore');
      await eventually(() => pausedOf(relaying) !== undefined && pausedOf(other) !== undefined, {
        what: 'both rest',
      });
      expect(runtimeOf(other).behind).toContain('COUNTS');
      await relaying.publish(counted('u1', 2));
      await runtimeOf(relaying).acceptedEvents?.accept('COUNTS', { who: 'ada', why: 'the test' });
      await ledgerOf(relaying.database, 2);
      await eventually(() => pausedOf(relaying) === undefined && pausedOf(other) === undefined, {
        what: 'both continue',
      });
    } finally {
      for (const service of [other, relaying]) await service.stop();
      await fresh.drop();
    }
  });
});
