import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { deadLetters, eventOf, ledgerOf, parkedOf } from '../testing/ledger.test-support.ts';
import {
  breakAt,
  counted,
  deadIds,
  deadLettersOf,
  ExternalRepair,
  mend,
  prepareWorld,
  REASON,
  TransactionalRepair,
  untilFlowing,
} from '../testing/repair.test-support.ts';

let brokers: TestBrokers;
let service: TestService | undefined;

beforeAll(async () => {
  brokers = await startBrokers();
});

afterEach(async () => {
  await service?.stop();
  service = undefined;
  await brokers.forget(COUNTS, 'DEAD_LETTERS');
});

afterAll(async () => {
  await brokers.stop();
});

describe.each([
  ['transactional', TransactionalRepair],
  ['external', ExternalRepair],
] as const)('a dead letter of a %s handler', (_kind, controller) => {
  /** u1 has a dead letter, 1, and behind it 2 and 3. */
  async function startBlocked(): Promise<{ service: TestService; id: number; ids: string[] }> {
    const started = await brokers.startService({
      name: 'ledger',
      controllers: [controller],
      streams: [COUNTS],
    });
    service = started;
    await prepareWorld(started.database);
    await breakAt(started.database, 'u1', 1);
    for (const n of [1, 2, 3]) await started.publish(counted('u1', n));
    const parked = await parkedOf(started.database, 3);
    const [id = 0] = await deadIds(started, 1);
    return { service: started, id, ids: parked.map((row) => row.message_id) };
  }

  it('is handled when it is redriven, then what waits behind it, in order, with their own ids; then the key flows', async () => {
    const { service, id, ids } = await startBlocked();
    await mend(service.database);
    await deadLettersOf(service).redrive(id, REASON);
    const rows = await ledgerOf(service.database, 3);
    expect(rows.map((row) => row.n)).toEqual([1, 2, 3]);
    expect(rows.map((row) => row.message_id)).toEqual(ids);
    await untilFlowing(service);
    await service.publish(counted('u1', 4));
    expect((await ledgerOf(service.database, 4)).map((row) => row.n)).toEqual([1, 2, 3, 4]);
    expect(await parkedOf(service.database, 0)).toEqual([]);
  });

  it('takes effect once, however often it is redriven', async () => {
    const { service, id } = await startBlocked();
    await mend(service.database);
    const redrive = (): Promise<void> => deadLettersOf(service).redrive(id, REASON);
    const results = await Promise.allSettled([redrive(), redrive(), redrive()]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(results.filter((result) => result.status === 'rejected')).toEqual(
      Array(2).fill({ status: 'rejected', reason: expect.objectContaining({ code: 'NOT_FOUND' }) }),
    );
    await ledgerOf(service.database, 3);
    await untilFlowing(service);
    await expect(redrive()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await ledgerOf(service.database, 3)).toHaveLength(3);
  });

  it('is dead again when it fails again, with a second copy, and the others go on waiting in order', async () => {
    const { service, id } = await startBlocked();
    await deadLetters(brokers, 1);
    await deadLettersOf(service).redrive(id, REASON);
    const copies = await deadLetters(brokers, 2);
    expect(new Set(copies.map((copy) => copy.headers['orderflow-message-id'])).size).toBe(1);
    expect(copies.map((copy) => copy.headers['orderflow-attempts'])).toEqual(['2', '2']);
    const parked = await parkedOf(service.database, 3);
    expect(parked.map((row) => [row.state, eventOf(row).n])).toEqual([
      ['dead', 1],
      ['waiting', 2],
      ['waiting', 3],
    ]);
    expect(await deadLettersOf(service).show(id)).toMatchObject({ deaths: 2, attempts: 2 });
    await mend(service.database);
    await deadLettersOf(service).redrive(id, REASON);
    expect((await ledgerOf(service.database, 3)).map((row) => row.n)).toEqual([1, 2, 3]);
  });

  it('lets the others flow when it is discarded, and cannot come back', async () => {
    const { service, id } = await startBlocked();
    await deadLettersOf(service).discard(id, REASON);
    expect((await ledgerOf(service.database, 2)).map((row) => row.n)).toEqual([2, 3]);
    await untilFlowing(service);
    await expect(deadLettersOf(service).redrive(id, REASON)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is handled with its new body when it was edited', async () => {
    const { service, id, ids } = await startBlocked();
    const body = Buffer.from(JSON.stringify(counted('u1', 10)));
    await deadLettersOf(service).edit(id, body, { who: 'ada', why: 'the number was wrong' });
    expect(await deadLettersOf(service).show(id)).toMatchObject({
      body: body.toString(),
      bodyEncoding: 'utf8',
    });
    await deadLettersOf(service).redrive(id, REASON);
    const rows = await ledgerOf(service.database, 3);
    expect(rows.map((row) => row.n)).toEqual([10, 2, 3]);
    expect(rows.map((row) => row.message_id)).toEqual(ids);
  });

  it('records who did what, and why', async () => {
    const { service, id } = await startBlocked();
    await deadLettersOf(service).redrive(id, REASON);
    await eventually(async () => (await deadLettersOf(service).list()).items.length === 1, {
      what: 'dead again',
    });
    const { interventions } = await deadLettersOf(service).show(id);
    expect(interventions).toMatchObject([{ action: 'redrive', ...REASON, key: 'u1' }]);
  });

  it('is redriven under load without a message of its key being handled early', async () => {
    const { service, id } = await startBlocked();
    await mend(service.database);
    const last = 150;
    for (let n = 4; n <= last; n++) {
      await service.publish(counted('u1', n));
      if (n === 40) await deadLettersOf(service).redrive(id, REASON);
    }
    const rows = await ledgerOf(service.database, last);
    expect(rows.map((row) => row.n)).toEqual([...Array(last).keys()].map((index) => index + 1));
    await untilFlowing(service);
  });
});
