import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { eventually } from '@orderflow/testing';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { ledgerOf, parkedOf, publishRaw } from '../testing/ledger.test-support.ts';
import {
  breakAt,
  counted,
  deadIds,
  deadLettersOf,
  mend,
  prepareWorld,
  REASON,
  SharedRepair,
  SkippingRepair,
  TransactionalRepair,
  untilFlowing,
} from '../testing/repair.test-support.ts';

let brokers: TestBrokers;
let service: TestService;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service.stop();
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

async function start(controller: Type): Promise<void> {
  service = await brokers.startService({ name: 'ledger', controllers: [controller], streams: [COUNTS] });
  await prepareWorld(service.database);
}

describe.each([
  ['whose policy is skip', SkippingRepair],
  ['of a queue group', SharedRepair],
] as const)('a dead letter %s', (_, controller) => {
  it('blocks nobody, and is handled when it is redriven', async () => {
    await start(controller);
    await breakAt(service.database, 'u1', 1);
    await service.publish(counted('u1', 1));
    const [id = 0] = await deadIds(service, 1);
    await service.publish(counted('u1', 2));
    await ledgerOf(service.database, 1);
    await mend(service.database);
    await deadLettersOf(service).redrive(id, REASON);
    expect((await ledgerOf(service.database, 2)).map((row) => row.n)).toEqual([2, 1]);
    await untilFlowing(service);
    await service.publish(counted('u1', 3));
    expect((await ledgerOf(service.database, 3)).map((row) => row.n)).toEqual([2, 1, 3]);
  });

  it('that fails again is dead again and still blocks nobody', async () => {
    await start(controller);
    await breakAt(service.database, 'u1', 1, 2);
    await service.publish(counted('u1', 1));
    await service.publish(counted('u1', 2));
    const [first = 0] = await deadIds(service, 2);
    await deadLettersOf(service).redrive(first, REASON);
    const dead = async (): Promise<boolean> => (await deadLettersOf(service).show(first)).deaths === 2;
    await eventually(dead, { what: 'the second death' });
    await untilFlowing(service);
    await service.publish(counted('u1', 3));
    expect((await ledgerOf(service.database, 1)).map((row) => row.n)).toEqual([3]);
  });
});

describe('an event that no handler knows', () => {
  const unrouted = async (): Promise<number> => {
    await publishRaw(brokers, 'count.u1.frobnicated', '{}', {});
    const [id = 0] = await deadIds(service, 1);
    return id;
  };

  it('is not redriven: the refusal says what to do, and nothing has changed', async () => {
    await start(TransactionalRepair);
    const id = await unrouted();
    await expect(deadLettersOf(service).redrive(id, REASON)).rejects.toMatchObject({
      code: 'HANDLER_INVALID',
      remedy: expect.stringMatching(/deploy|discard/i),
    });
    expect(await deadLettersOf(service).show(id)).toMatchObject({ interventions: [], deaths: 1 });
    await deadLettersOf(service).discard(id, REASON);
    expect(await parkedOf(service.database, 0)).toEqual([]);
  });

  it('takes effect once when a handler that came later has got it from the stream', async () => {
    await start(TransactionalRepair);
    await service.publish(counted('u1', 1));
    await ledgerOf(service.database, 1);
    // As after a deployment: what was unrouted has a handler, and was delivered to it.
    await service.database.query(
      `INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
       SELECT 'unrouted', message_id, 'dead', stream, stream_seq FROM messaging.inbox`,
    );
    await service.database.query(
      `INSERT INTO messaging.parked (consumer, key, message_id, stream, stream_seq, subject, headers, payload,
         stored_at, state, blocks, attempts, history)
       SELECT 'unrouted', 'u1', message_id, stream, stream_seq, 'count.0.u1.counted', '{}', '{}', now(), 'dead',
         false, 0, '[]' FROM messaging.inbox WHERE consumer = 'unrouted'`,
    );
    const [id = 0] = await deadIds(service, 1);
    await deadLettersOf(service).redrive(id, REASON);
    expect(await parkedOf(service.database, 0)).toEqual([]);
    await service.publish(counted('u1', 2));
    expect((await ledgerOf(service.database, 2)).map((row) => row.n)).toEqual([1, 2]);
  });
});
