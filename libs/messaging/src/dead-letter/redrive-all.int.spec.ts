import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { ledgerOf, publishRaw } from '../testing/ledger.test-support.ts';
import {
  breakAt,
  counted,
  deadIds,
  deadLettersOf,
  mend,
  prepareWorld,
  REASON,
  SkippingRepair,
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

/** u1 has two dead letters, 1 and 2; u2 and u3 have one each. None of them blocks. */
async function startWithFour(): Promise<number[]> {
  service = await brokers.startService({ name: 'ledger', controllers: [SkippingRepair], streams: [COUNTS] });
  await prepareWorld(service.database);
  await breakAt(service.database, 'u1', 1, 2);
  await breakAt(service.database, 'u2', 1);
  await breakAt(service.database, 'u3', 1);
  // One at a time: those of different users would become dead letters in any order.
  let ids: number[] = [];
  for (const [user, n] of [
    ['u1', 1],
    ['u1', 2],
    ['u2', 1],
    ['u3', 1],
  ] as const) {
    await service.publish(counted(user, n));
    ids = await deadIds(service, ids.length + 1);
  }
  await mend(service.database);
  return ids;
}

describe('redriving many dead letters', () => {
  it('of one key handles them in order', async () => {
    await startWithFour();
    const redriven = await deadLettersOf(service).redriveAll({ key: 'u1' }, REASON);
    expect(redriven).toHaveLength(2);
    const rows = await ledgerOf(service.database, 2);
    expect(rows.map((row) => [row.user_id, row.n])).toEqual([
      ['u1', 1],
      ['u1', 2],
    ]);
    expect(await deadIds(service, 2)).toHaveLength(2);
  });

  it('changes nothing when there are more than somebody has looked at', async () => {
    const ids = await startWithFour();
    await expect(
      deadLettersOf(service).redriveAll({ stream: 'COUNTS', expected: 3 }, REASON),
    ).rejects.toMatchObject({
      code: 'COUNT_DIFFERS',
      message: expect.stringContaining('4 dead letters match, not 3'),
    });
    expect(await deadIds(service, 4)).toEqual(ids);
    expect(await ledgerOf(service.database, 0)).toEqual([]);
  });

  it('leaves out what came after the last one that was looked at', async () => {
    const ids = await startWithFour();
    const selection = { consumer: 'ordered', throughId: ids[2], expected: 3 };
    expect(await deadLettersOf(service).redriveAll(selection, REASON)).toEqual(ids.slice(0, 3));
    await ledgerOf(service.database, 3);
    expect(await deadIds(service, 1)).toEqual([ids[3]]);
  });

  it('changes nothing when one of them has no handler', async () => {
    await startWithFour();
    await publishRaw(brokers, 'count.u4.frobnicated', '{}', {});
    await deadIds(service, 5);
    await expect(deadLettersOf(service).redriveAll({ expected: 5 }, REASON)).rejects.toMatchObject({
      code: 'HANDLER_INVALID',
    });
    expect(await deadIds(service, 5)).toHaveLength(5);
  });

  it('of a key without any is refused', async () => {
    await startWithFour();
    await expect(deadLettersOf(service).redriveAll({ key: 'nobody' }, REASON)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('is done again when a handler that locks the same keys was in the way', async () => {
    await startWithFour();
    await service.database.query('CREATE SEQUENCE tries');
    await service.database.query(
      `CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF nextval('tries') <= 2 THEN RAISE SQLSTATE '40P01'; END IF; RETURN NEW; END $$`,
    );
    await service.database.query(
      'CREATE TRIGGER deadlock BEFORE INSERT ON messaging.blocked_key FOR EACH ROW EXECUTE FUNCTION deadlock()',
    );
    expect(await deadLettersOf(service).redriveAll({ key: 'u1' }, REASON)).toHaveLength(2);
    await ledgerOf(service.database, 2);
  });

  it('keeps a body only where it was taken away', async () => {
    const [id = 0] = await startWithFour();
    await deadLettersOf(service).redrive(id, REASON);
    await deadLettersOf(service).discardAll({ key: 'u2' }, REASON);
    const kept = await service.database.query(
      'SELECT action, payload_before IS NOT NULL AS body FROM messaging.intervention ORDER BY id',
    );
    expect(kept).toEqual([
      { action: 'redrive', body: false },
      { action: 'discard', body: true },
    ]);
  });
});

describe('discarding many dead letters', () => {
  it('gives up those that match, and lets what waits behind them go on', async () => {
    const ids = await startWithFour();
    const selection = { consumer: 'ordered', throughId: ids[1], expected: 2 };
    expect(await deadLettersOf(service).discardAll(selection, REASON)).toEqual(ids.slice(0, 2));
    expect(await deadIds(service, 2)).toEqual(ids.slice(2));
    expect(await ledgerOf(service.database, 0)).toEqual([]);
    await expect(
      deadLettersOf(service).discardAll({ stream: 'COUNTS', expected: 1 }, REASON),
    ).rejects.toMatchObject({ code: 'COUNT_DIFFERS' });
  });
});
