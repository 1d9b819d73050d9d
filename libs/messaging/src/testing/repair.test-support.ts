import { Controller } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Database, SqlExecutor } from '@orderflow/database';
import { eventually } from '@orderflow/testing';
import { DependencyDown } from '../processing/breaker.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import type { DeadLetters } from '../dead-letter/dead-letters.ts';
import { Subscribe, SubscribeShared } from '../nest/subscribe.decorator.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { Counted, type TestService } from './harness.test-support.ts';
import { recordEffect } from './ledger.test-support.ts';

const RETRY = { firstDelayMs: 10, maxDelayMs: 20, maxAttempts: 2 };
const PATIENCE = { firstDelayMs: 50, maxDelayMs: 100, maxAttempts: 10_000 };
/** What the external handler calls; broken like a key. */
export const WORLD = 'world';
/** The keys for which it was called. */
export const callsOfWorld: string[] = [];

export const REASON = { who: 'ada', why: 'the handler is mended' };

export const counted = (userId: string, n: number, mode: Counted['mode'] = 'ok'): Counted =>
  contract(Counted, { userId, n, mode });

/** In the database, so that every process of a test sees the same world. `slow` waits for a lock that the test holds. */
async function effect(tx: SqlExecutor, event: Counted, delivery: Delivery): Promise<void> {
  const broken = await tx.query('SELECT FROM broken WHERE user_id = $1 AND n = $2', [event.userId, event.n]);
  if (broken.length > 0) throw new Error('it is broken');
  if (event.mode === 'slow') await tx.query('SELECT pg_advisory_xact_lock(42)');
  await recordEffect(tx, event, delivery);
}

@Controller()
export class TransactionalRepair {
  @Subscribe(Counted, { retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await effect(delivery.tx, event, delivery);
  }
}

@Controller()
export class ExternalRepair {
  @Subscribe(Counted, { kind: 'external', retry: RETRY, dependency: WORLD })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    callsOfWorld.push(event.userId);
    await delivery.transact(async (tx) => {
      const down = await tx.query('SELECT FROM broken WHERE user_id = $1', [WORLD]);
      if (down.length > 0) throw new DependencyDown(WORLD);
      await effect(tx, event, delivery);
    });
  }
}

@Controller()
export class SkippingRepair {
  @Subscribe(Counted, { retry: RETRY, onFailure: 'skip' })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await effect(delivery.tx, event, delivery);
  }
}

@Controller()
export class SharedRepair {
  @SubscribeShared(Counted, { name: 'group', retry: RETRY })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact((tx) => effect(tx, event, delivery));
  }
}

/** Tries so often that nothing dies. */
@Controller()
export class PatientRepair {
  @Subscribe(Counted, { retry: PATIENCE })
  async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
    await effect(delivery.tx, event, delivery);
  }
}

/** What the handlers of a service fail at, to be mended later. */
export async function prepareWorld(database: Database): Promise<void> {
  await database.query('CREATE TABLE IF NOT EXISTS broken (user_id text NOT NULL, n int NOT NULL)');
}

export async function breakAt(database: Database, userId: string, ...ns: number[]): Promise<void> {
  for (const n of ns) await database.query('INSERT INTO broken VALUES ($1, $2)', [userId, n]);
}

export async function mend(database: Database): Promise<void> {
  await database.query('DELETE FROM broken');
}

export function deadLettersOf(service: TestService): DeadLetters {
  return service.app.get(MessagingRuntime).deadLetters;
}

/** Waits until so many are dead, and returns their ids in the order in which they were parked. */
export async function deadIds(service: TestService, count: number): Promise<number[]> {
  const found = await eventually(
    async () => {
      const { items } = await deadLettersOf(service).list();
      return items.length === count ? items : undefined;
    },
    { what: `${String(count)} dead letters` },
  );
  return found.map((letter) => letter.id);
}

/** Waits until nothing of the key waits in the database. */
export async function untilFlowing(service: TestService): Promise<void> {
  const look = async (): Promise<boolean> => {
    const rows = await service.database.query('SELECT FROM messaging.blocked_key');
    return rows.length === 0;
  };
  await eventually(look, { what: 'no key is blocked' });
}
