import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { eventOf, ledgerOf, parkedOf } from '../testing/ledger.test-support.ts';
import {
  breakAt,
  counted,
  deadIds,
  deadLettersOf,
  mend,
  PatientRepair,
  prepareWorld,
  untilFlowing,
} from '../testing/repair.test-support.ts';

/** One more than may wait in a lane behind its head. */
const TOO_MANY = 70;
const all = (last: number): number[] => [...Array(last).keys()].map((index) => index + 1);

let brokers: TestBrokers;
let service: TestService;

const start = (databaseUrl?: string): Promise<TestService> =>
  brokers.startService({
    name: 'ledger',
    controllers: [PatientRepair],
    streams: [COUNTS],
    ...(databaseUrl !== undefined && { databaseUrl }),
  });

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

describe('a lane that grows too long behind a failing head', () => {
  it('waits in the database, lets other keys pass, and is handled in order once its head succeeds', async () => {
    service = await start();
    await prepareWorld(service.database);
    await breakAt(service.database, 'u1', 1);
    for (const n of all(TOO_MANY)) await service.publish(counted('u1', n));
    const parked = await parkedOf(service.database, TOO_MANY);
    expect(parked.every((row) => row.state === 'waiting')).toBe(true);
    expect(parked.map((row) => eventOf(row).n)).toEqual(all(TOO_MANY));
    await service.publish(counted('u2', 0));
    expect((await ledgerOf(service.database, 1)).map((row) => row.user_id)).toEqual(['u2']);
    expect(await deadIds(service, 0)).toEqual([]);
    await mend(service.database);
    for (const n of [TOO_MANY + 1, TOO_MANY + 2]) await service.publish(counted('u1', n));
    const rows = await ledgerOf(service.database, TOO_MANY + 3);
    expect(rows.filter((row) => row.user_id === 'u1').map((row) => row.n)).toEqual(all(TOO_MANY + 2));
    await untilFlowing(service);
  });

  it('is handled in order by the process that comes after', async () => {
    service = await start();
    await prepareWorld(service.database);
    await breakAt(service.database, 'u1', 1);
    for (const n of all(TOO_MANY)) await service.publish(counted('u1', n));
    await parkedOf(service.database, TOO_MANY);
    const { databaseUrl } = service;
    await service.publish(counted('u1', TOO_MANY + 1));
    await service.stop();
    service = await start(databaseUrl);
    await service.publish(counted('u1', TOO_MANY + 2));
    await parkedOf(service.database, TOO_MANY + 2);
    expect((await deadLettersOf(service).blockedKeys()).items).toMatchObject([
      { key: 'u1', state: 'draining', parked: TOO_MANY + 2 },
    ]);
    await mend(service.database);
    const rows = await ledgerOf(service.database, TOO_MANY + 2);
    expect(rows.map((row) => row.n)).toEqual(all(TOO_MANY + 2));
    await untilFlowing(service);
  });
});
