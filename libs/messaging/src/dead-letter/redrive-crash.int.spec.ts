import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, typescriptArguments } from '@orderflow/testing';
import { COUNTS, startBrokers, type TestBrokers, type TestService } from '../testing/harness.test-support.ts';
import { deadLetters, ledgerOf, parkedOf } from '../testing/ledger.test-support.ts';
import { holdTransaction } from '../testing/held-transaction.test-support.ts';
import {
  breakAt,
  counted,
  deadIds,
  deadLettersOf,
  mend,
  prepareWorld,
  REASON,
  TransactionalRepair,
  untilFlowing,
} from '../testing/repair.test-support.ts';

const SCRIPT = new URL('../testing/repair-process.test-support.ts', import.meta.url);

let brokers: TestBrokers;
let service: TestService;
let child: ChildProcess | undefined;

const start = (databaseUrl?: string): Promise<TestService> =>
  brokers.startService({
    name: 'ledger',
    controllers: [TransactionalRepair],
    streams: [COUNTS],
    options: { leaseMs: 500 },
    ...(databaseUrl !== undefined && { databaseUrl }),
  });

beforeAll(async () => {
  brokers = await startBrokers();
  service = await start();
  await prepareWorld(service.database);
});

afterAll(async () => {
  child?.kill('SIGKILL');
  await service.stop();
  await brokers.stop();
});

/** u1 has a dead letter whose handler, once mended, waits for a lock; 2 and 3 wait behind it. */
async function blockAndRedrive(): Promise<string[]> {
  await breakAt(service.database, 'u1', 1);
  await service.publish(counted('u1', 1, 'slow'));
  for (const n of [2, 3]) await service.publish(counted('u1', n));
  const parked = await parkedOf(service.database, 3);
  const [id = 0] = await deadIds(service, 1);
  await deadLetters(brokers, 1);
  await mend(service.database);
  // No instance handles it here: the process that is going to die is the only one.
  await service.app.close();
  child = spawn(process.execPath, [...typescriptArguments(SCRIPT), brokers.nats.url, service.databaseUrl], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  await deadLettersOf(service).redrive(id, REASON);
  return parked.map((row) => row.message_id);
}

const waiting = (): Promise<object[]> =>
  service.database.query(
    `SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()`,
  );

describe('a process that is killed in the middle of a redrive', () => {
  it('loses nothing: another one handles the dead letter and what waits behind it, once and in order', async () => {
    const lock = await holdTransaction(service.database, (tx) =>
      tx.query('SELECT pg_advisory_xact_lock(42)'),
    );
    const ids = await blockAndRedrive();
    await eventually(async () => (await waiting()).length === 1, {
      what: 'the handler runs',
    });
    child?.kill('SIGKILL');
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      await once(child, 'exit');
    await lock.commit();
    expect(await ledgerOf(service.database, 0)).toEqual([]);
    const second = await start(service.databaseUrl);
    const rows = await ledgerOf(second.database, 3);
    expect(rows.map((row) => row.n)).toEqual([1, 2, 3]);
    expect(rows.map((row) => row.message_id)).toEqual(ids);
    await untilFlowing(second);
    await second.publish(counted('u1', 4));
    expect((await ledgerOf(second.database, 4)).at(-1)?.n).toBe(4);
    await second.stop();
  });
});
