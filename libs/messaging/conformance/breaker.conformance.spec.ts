import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, freshDatabase } from '@orderflow/testing';
import { MessagingHealth, Outbox } from '../src/index.ts';
import { startBrokers, type TestBrokers, type TestService } from '../src/testing/harness.test-support.ts';
import { createReceived, fact, FACT_TYPES, FACTS, received } from './facts.test-support.ts';
import { nothingParked } from './harness/ledger-check.test-support.ts';
import {
  COUNTED,
  MAILED,
  PRINTED,
  Printer,
  printingController,
  SCANNED,
  UNNAMED,
} from './printer.test-support.ts';

let brokers: TestBrokers;
let service: TestService;
let printer: Printer;

beforeAll(async () => {
  brokers = await startBrokers();
});

beforeEach(async () => {
  const { url } = await freshDatabase('breaker');
  await createReceived(url);
  printer = new Printer();
  service = await brokers.startService({
    name: FACTS.owner,
    databaseUrl: url,
    controllers: [printingController(printer)],
    streams: [FACTS],
    options: { contracts: FACT_TYPES },
  });
});

afterEach(async () => {
  await service.stop();
  await brokers.forget(FACTS, 'DEAD_LETTERS');
});

afterAll(() => brokers.stop());

/** One message of a type to each of so many keys of its own. */
async function send(type: number, count: number, name = `type-${type}`): Promise<string[]> {
  const facts = Array.from({ length: count }, (_, n) => fact(type, `${name}-${n}`, n));
  return await service.database.transaction((tx) => service.app.get(Outbox).add(tx, facts));
}

const readiness = (): object => service.app.get(MessagingHealth).consumers();

async function readyAgain(): Promise<void> {
  const isUp = (): boolean => {
    expect(readiness()).toMatchObject({ consumers: { status: 'up' } });
    return true;
  };
  await eventually(isUp, { what: 'it is ready' });
}

/** No attempt has been used up, and none is remembered. */
async function expectNoAttemptUsed(): Promise<void> {
  expect(new Set(printer.calls.map((call) => call.attempt))).toEqual(new Set([1]));
  expect(await service.database.query('SELECT 1 FROM messaging.attempt')).toEqual([]);
  await nothingParked(service.database);
}

describe('a dependency that is down', () => {
  it('uses up no attempts, lets others go on, is probed by one at a time, and recovers', async () => {
    printer.down = true;
    const printed = await send(PRINTED, 30);
    const mailed = await send(MAILED, 10);
    await eventually(() => printer.calls.length > 0, { what: 'the printer was called' });
    const others = [...(await send(COUNTED, 30)), ...(await send(SCANNED, 30))];
    const meanwhile = await received(service.database, 60);
    expect(new Set(meanwhile.map((row) => row.message_id))).toEqual(new Set(others));
    expect(readiness()).toMatchObject({
      consumers: { status: 'down', reason: 'dependency down', dependencies: ['printer'] },
    });
    await eventually(() => printer.probes.length >= 2, { what: 'two probes' });
    expect(printer.overlaps).toBe(0);
    printer.down = false;
    const all = await received(service.database, 100);
    expect(new Set(all.map((row) => row.message_id))).toEqual(new Set([...others, ...printed, ...mailed]));
    await readyAgain();
    await expectNoAttemptUsed();
  });

  it('is probed by one at a time also when it is slow to fail', async () => {
    printer.down = true;
    printer.failsAfterMs = 1_200;
    await send(PRINTED, 20);
    await eventually(() => printer.probes.filter((probe) => probe.endedAt < Infinity).length >= 2, {
      what: 'two probes',
    });
    expect(printer.overlaps).toBe(0);
    printer.down = false;
    await received(service.database, 20);
    await expectNoAttemptUsed();
  });

  it('keeps what comes later for the key waiting, in order', async () => {
    printer.down = true;
    const outbox = service.app.get(Outbox);
    const facts = [PRINTED, COUNTED, PRINTED, SCANNED].map((type, n) => fact(type, 'one-key', n));
    await service.database.transaction((tx) => outbox.add(tx, facts));
    await eventually(() => printer.probes.length > 0, { what: 'a probe' });
    await send(COUNTED, 1);
    expect(await received(service.database, 1)).toMatchObject([{ user_id: 'type-1-0' }]);
    printer.down = false;
    const rows = await received(service.database, 5);
    expect(rows.slice(1).map((row) => row.n)).toEqual([0, 1, 2, 3]);
    await expectNoAttemptUsed();
  });

  it('that no subscription names is waited for as well, and forgotten when it is back', async () => {
    printer.down = true;
    await send(UNNAMED, 1);
    const startedAt = performance.now();
    await eventually(() => performance.now() - startedAt > 1_500, { what: 'time for some tries' });
    expect(printer.calls.length).toBeGreaterThan(1);
    expect(printer.calls.length).toBeLessThan(20);
    printer.down = false;
    await received(service.database, 1);
    await readyAgain();
    await expectNoAttemptUsed();
  });
});
