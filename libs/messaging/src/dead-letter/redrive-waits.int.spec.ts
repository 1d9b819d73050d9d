import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { eventually } from '@orderflow/testing';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { ledgerOf, parkedOf } from '../testing/ledger.test-support.ts';
import {
  breakAt,
  callsOfWorld,
  counted,
  deadIds,
  deadLettersOf,
  ExternalRepair,
  mend,
  prepareWorld,
  REASON,
  TransactionalRepair,
  WORLD,
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

describe('a dead letter before which something is redriven', () => {
  it('is not handled with it', async () => {
    await start(TransactionalRepair);
    await service.database.query('ALTER TABLE messaging.parked ALTER COLUMN id RESTART WITH 100');
    await breakAt(service.database, 'u1', 1);
    await service.publish(counted('u1', 1));
    await service.publish(counted('u1', 2));
    await parkedOf(service.database, 2);
    // An older one of the same key that blocked nobody, as another handler's policy leaves behind.
    await service.database.query(
      `INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
       VALUES ('ordered', 'older', 'dead', 'COUNTS', 1000)`,
    );
    await service.database.query(
      `INSERT INTO messaging.parked (id, consumer, key, message_id, stream, stream_seq, subject, headers, payload,
         stored_at, state, blocks, attempts, history) OVERRIDING SYSTEM VALUE
       VALUES (50, 'ordered', 'u1', 'older', 'COUNTS', 1000, 'count.0.u1.counted', '{}',
         convert_to('{"userId":"u1","n":7,"mode":"ok"}', 'UTF8'), now(), 'dead', false, 2, '[]')`,
    );
    await mend(service.database);
    const [older = -1, blocking = -1] = await deadIds(service, 2);
    await deadLettersOf(service).redrive(older, REASON);
    expect((await ledgerOf(service.database, 1)).map((row) => row.n)).toEqual([7]);
    const state = async (): Promise<unknown> => (await deadLettersOf(service).blockedKeys()).items;
    await eventually(async () => JSON.stringify(await state()).includes('"blocked"'), {
      what: 'blocked again',
    });
    expect(await deadIds(service, 1)).toEqual([blocking]);
    await deadLettersOf(service).redrive(blocking, REASON);
    expect((await ledgerOf(service.database, 3)).map((row) => row.n)).toEqual([7, 1, 2]);
  });
});

describe('while what its handler calls is down', () => {
  it('a redriven message waits, and no attempt is used up', async () => {
    await start(ExternalRepair);
    await breakAt(service.database, 'u1', 1);
    await service.publish(counted('u1', 1));
    const [id = 0] = await deadIds(service, 1);
    await mend(service.database);
    await breakAt(service.database, WORLD, 0);
    await deadLettersOf(service).redrive(id, REASON);
    const before = callsOfWorld.length;
    await eventually(() => callsOfWorld.length >= before + 3, { what: 'it was probed' });
    expect(await parkedOf(service.database, 1)).toMatchObject([{ state: 'waiting', attempts: 0 }]);
    await mend(service.database);
    expect(await ledgerOf(service.database, 1)).toMatchObject([{ n: 1, attempt: 1 }]);
  });
});
