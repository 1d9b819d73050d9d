import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { ANSWER_PATIENCE_MS, eventually } from '@orderflow/testing';
import { contract } from '../src/contract/contract.ts';
import { INBOX_RETENTION_MS, pruneInbox } from '../src/inbox/inbox.ts';
import { Ctx, type Delivery, Payload, Subscribe, SubscribeShared } from '../src/index.ts';
import { STREAM_MAX_AGE_MS } from '../src/topology/stream-config.ts';
import {
  Counted,
  COUNTS,
  startBrokers,
  type TestBrokers,
  type TestService,
} from '../src/testing/harness.test-support.ts';
import { ledgerOf, publishRaw, recordEffect } from '../src/testing/ledger.test-support.ts';
import { waitingForLock } from '../src/testing/messaging-database.test-support.ts';

const RETRY = { maxAttempts: 5, firstDelayMs: 20, maxDelayMs: 50 };

/** Holds the first effect transaction open, with its effect written. */
class Gate {
  readonly entered = Promise.withResolvers<void>();
  readonly end = Promise.withResolvers<void>();
  calls = 0;

  async pass(): Promise<void> {
    this.calls++;
    if (this.calls > 1) return;
    this.entered.resolve();
    await this.end.promise;
  }
}

let gate: Gate;

@Controller()
class OverlappingLedger {
  @SubscribeShared(Counted, { name: 'group', retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact(async (tx) => {
      await recordEffect(tx, event, delivery);
      await gate.pass();
    });
  }
}

@Controller()
class OrderedLedger {
  @Subscribe(Counted)
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await recordEffect(delivery.tx, event, delivery);
  }
}

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

afterAll(() => brokers.stop());

async function start(controller: typeof OverlappingLedger | typeof OrderedLedger): Promise<TestService> {
  service = await brokers.startService({ name: 'ledger', controllers: [controller], streams: [COUNTS] });
  return service;
}

async function withManager<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: brokers.nats.url });
  try {
    return await work(await jetstreamManager(connection, { timeout: ANSWER_PATIENCE_MS }));
  } finally {
    await connection.close();
  }
}

const publishCopy = (): Promise<boolean> =>
  publishRaw(brokers, 'count.u1.counted', JSON.stringify({ userId: 'u1', n: 1, mode: 'ok' }), {
    id: 'same',
  }).then((outcome) => outcome === 'stored');

/** Two deliveries of one id, both with their effect transaction begun; the second one waits for the first. */
async function overlap({ database }: TestService): Promise<void> {
  await publishCopy();
  await gate.entered.promise;
  await brokers.storeAgain(COUNTS, publishCopy);
  await eventually(async () => (await waitingForLock(database)) === 1, { what: 'the second one waits' });
}

/** Nothing is left to be acknowledged, of the one copy or the other. */
async function acknowledged(): Promise<void> {
  await withManager(async (manager) => {
    await eventually(
      async () => {
        const { num_ack_pending, num_pending, delivered } = await manager.consumers.info(
          'COUNTS',
          'ledger-group',
        );
        return num_ack_pending === 0 && num_pending === 0 && delivered.stream_seq === 2;
      },
      { what: 'both copies are acknowledged' },
    );
  });
}

describe('two deliveries of one id at the same moment', () => {
  it('have one effect when the first one commits', async () => {
    gate = new Gate();
    const running = await start(OverlappingLedger);
    await overlap(running);
    gate.end.resolve();
    await acknowledged();
    expect(await ledgerOf(running.database, 1)).toMatchObject([{ message_id: 'same', attempt: 1 }]);
    // The second handler never got to its effect.
    expect(gate.calls).toBe(1);
  });

  it('have one effect when the first one rolls back', async () => {
    gate = new Gate();
    const running = await start(OverlappingLedger);
    await overlap(running);
    gate.end.reject(new Error('rolled back by the test'));
    await acknowledged();
    expect(await ledgerOf(running.database, 1)).toMatchObject([{ message_id: 'same' }]);
    expect(gate.calls).toBe(2);
  });
});

describe('the inbox', () => {
  it('opens no hole when it is pruned: what a stream can still deliver has no second effect', async () => {
    const { database, publish } = await start(OrderedLedger);
    for (let n = 1; n <= 40; n++) await publish(contract(Counted, { userId: `u${n % 5}`, n, mode: 'ok' }));
    await ledgerOf(database, 40);
    // The oldest that a stream can have, and one that it cannot have any more.
    const age = `UPDATE messaging.inbox SET received_at = clock_timestamp() - make_interval(secs => $1) WHERE message_id`;
    await database.query(`${age} <> 'gone'`, [(STREAM_MAX_AGE_MS + 60_000) / 1_000]);
    await database.query(
      `INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
       VALUES ('ordered', 'gone', 'handled', 'COUNTS', 1)`,
    );
    await database.query(`${age} = 'gone'`, [(INBOX_RETENTION_MS + 60_000) / 1_000]);
    expect(await pruneInbox(database, INBOX_RETENTION_MS)).toBe(1);
    expect(await deliverAllAgain()).toBeGreaterThan(0);
    await publish(contract(Counted, { userId: 'u1', n: 41, mode: 'ok' }));
    expect((await ledgerOf(database, 41)).at(-1)).toMatchObject({ n: 41 });
    await everythingAcknowledged(41);
    await ledgerOf(database, 41);
  });
});

/** Deletes the durable consumers; those that take their place begin at the first message. */
async function deliverAllAgain(): Promise<number> {
  return await withManager(async (manager) => {
    const names = (await manager.consumers.list('COUNTS').next()).map((info) => info.name);
    const ordered = names.filter((name) => /-\d\d$/.test(name));
    for (const name of ordered) await manager.consumers.delete('COUNTS', name);
    return ordered.length;
  });
}

async function everythingAcknowledged(count: number): Promise<void> {
  await withManager(async (manager) => {
    await eventually(
      async () => {
        const ordered = (await manager.consumers.list('COUNTS').next()).filter((info) =>
          /-\d\d$/.test(info.name),
        );
        const left = ordered.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, 0);
        const through = Math.max(...ordered.map((info) => info.ack_floor.stream_seq));
        return ordered.length === 16 && left === 0 && through === count;
      },
      { what: 'all were delivered again and acknowledged' },
    );
  });
}
