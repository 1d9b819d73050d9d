import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import type { Lease } from '../ownership/fence.ts';
import { startMessagingDatabase, type TestDatabase } from '../testing/messaging-database.test-support.ts';
import { recordingLog } from '../testing/recording-log.test-support.ts';
import { Signal } from '../timing/signal.ts';
import { type DeferredHolder, DeferredIntake } from './deferred-intake.ts';
import { DeferredStore } from './deferred-store.ts';

/** More than are forgotten at one look. */
const WAITING = 12_000;
const [GIVEN_UP, KEPT] = [0, 1];

let tables: TestDatabase;

beforeAll(async () => {
  tables = await startMessagingDatabase();
  await tables.database.query(
    `INSERT INTO messaging.blocked_key (consumer, key, partition, state, messages, dependency)
     SELECT 'ordered', 'k' || n, n % 2, 'draining', 1, 'old' FROM generate_series(1, $1::int) AS n`,
    [2 * WAITING],
  );
});

afterAll(() => tables.stop());

async function waitingFor(partition: number): Promise<number> {
  const [row] = await tables.database.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM messaging.blocked_key WHERE partition = $1 AND dependency = 'old'`,
    [partition],
  );
  return row?.waiting ?? 0;
}

/** Has no room for messages, and gives a partition up after the first look. */
class Holder implements DeferredHolder {
  storedPartitions = [GIVEN_UP, KEPT];
  readonly loaded = 0;
  readonly moves = 0;

  get room(): { messages: number; bytes: number } {
    this.storedPartitions = [KEPT];
    return { messages: 0, bytes: 0 };
  }

  leaseOf(partition: number): Lease {
    return { resource: `partition-${String(partition)}`, owner: 'one', epoch: 1, suspicious: false };
  }

  takeHungry(): string[] {
    return [];
  }

  isDraining(): boolean {
    return false;
  }

  load(): void {
    throw new Error('There is no room.');
  }

  loadAlone(): void {
    throw new Error('There is no room.');
  }
}

it('a partition that is given up while dependencies are forgotten keeps the rest of them for its next owner', async () => {
  const intake = new DeferredIntake({
    store: new DeferredStore(tables.database),
    holder: new Holder(),
    signal: new Signal(),
    runLimit: 1,
    dependencies: new Map([['ordered', ['known']]]),
    callsOf: () => 1,
    log: recordingLog(),
  });
  intake.start();
  await eventually(async () => (await waitingFor(KEPT)) === 0, {
    what: 'those of the kept partition are forgotten',
  });
  await intake.stop();
  const left = await waitingFor(GIVEN_UP);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(WAITING);
});
