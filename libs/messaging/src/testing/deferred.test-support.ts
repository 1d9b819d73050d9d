import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Controller, type Type } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { once } from 'node:events';
import { eventually } from '@orderflow/testing';
import { DependencyDown } from '../processing/breaker.ts';
import type { Delivery } from '../routing/delivery.ts';
import { contract } from '../contract/contract.ts';
import {
  Subscribe,
  type SubscribeOptions,
  SubscribeShared,
  type SubscribeSharedOptions,
} from '../nest/subscribe.decorator.ts';
import { Outbox } from '../outbox/outbox.ts';
import { Counted, type TestBrokers, type TestService } from './harness.test-support.ts';
import { recordEffect } from './ledger.test-support.ts';

export const PROVIDER = 'provider';

/** What the handlers of a test meet; shared by the services of one process. */
export class World {
  /** Keys whose messages fail. */
  readonly broken = new Set<string>();
  /** Messages, as `key#n`, whose first attempt fails. */
  readonly failsOnce = new Set<string>();
  /** What external handlers call for messages of mode `slow` is down. */
  isDown = false;
  /** How long a message of mode `slow` takes. */
  slowMs = 0;
  /** What a message of mode `slow` waits for. */
  slowUntil: Promise<void> = Promise.resolve();
  readonly calls: { key: string; n: number; attempt: number }[] = [];
  /** Told of each call. */
  onCall: (key: string) => void = () => undefined;

  async meet({ userId, n, mode }: Counted, delivery: Delivery): Promise<void> {
    this.calls.push({ key: userId, n, attempt: delivery.attempt });
    this.onCall(userId);
    if (this.isDown && mode === 'slow') throw new DependencyDown(PROVIDER);
    if (mode === 'slow') await this.slowUntil;
    if (mode === 'slow' && this.slowMs > 0) await once(AbortSignal.timeout(this.slowMs), 'abort');
    if (this.broken.has(userId)) throw new Error('it is broken');
    if (this.failsOnce.has(`${userId}#${String(n)}`) && delivery.attempt === 1)
      throw new Error('it fails once');
  }

  callsOf(key: string): number[] {
    return this.calls.filter((call) => call.key === key).map((call) => call.n);
  }
}

export function orderedController(world: World, options: SubscribeOptions): Type {
  @Controller()
  class Ordered {
    @Subscribe(Counted, options)
    async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
      await world.meet(event, delivery);
      if (options.kind === 'external') await delivery.transact((tx) => recordEffect(tx, event, delivery));
      else await recordEffect(delivery.tx, event, delivery);
    }
  }
  return Ordered;
}

export function groupController(world: World, options: SubscribeSharedOptions): Type {
  @Controller()
  class Group {
    @SubscribeShared(Counted, options)
    async handle(@Payload() event: Counted, @Ctx() delivery: Delivery): Promise<void> {
      await world.meet(event, delivery);
      await delivery.transact((tx) => recordEffect(tx, event, delivery));
    }
  }
  return Group;
}

export const upTo = (count: number): number[] => [...Array(count).keys()].map((index) => index + 1);

export const keysNamed = (name: string, count: number): string[] =>
  upTo(count).map((n) => `${name}${String(n)}`);

const MAX_TRANSACTION = 500;

/** Publishes many events through the outbox, in this order. */
export async function publishAll(
  service: TestService,
  events: readonly { key: string; n: number; mode?: Counted['mode'] }[],
): Promise<void> {
  const outbox = service.app.get(Outbox);
  const counted = events.map(({ key, n, mode = 'ok' }) => contract(Counted, { userId: key, n, mode }));
  for (let from = 0; from < counted.length; from += MAX_TRANSACTION)
    await service.database.transaction((tx) => outbox.add(tx, counted.slice(from, from + MAX_TRANSACTION)));
}

export interface ConsumerState {
  /** Delivered and not acknowledged. */
  pending: number;
  /** What a takeover would bring again: from the ack floor to the last delivery. */
  again: number;
  /** The last sequence of the stream up to which everything is acknowledged. */
  floor: number;
}

export async function consumerState(
  brokers: TestBrokers,
  consumer: string,
  stream = 'COUNTS',
): Promise<ConsumerState> {
  const connection = await connect({ servers: brokers.nats.url });
  try {
    const manager = await jetstreamManager(connection);
    const info = await manager.consumers.info(stream, consumer);
    const floor = info.ack_floor.stream_seq;
    return { pending: info.num_ack_pending, again: info.delivered.stream_seq - floor, floor };
  } finally {
    await connection.close();
  }
}

/** How many effects of keys with this prefix there are. */
export async function effectsOf(service: TestService, prefix: string): Promise<number> {
  const [row] = await service.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM ledger WHERE starts_with(user_id, $1)',
    [prefix],
  );
  return row?.count ?? 0;
}

/** Keys whose effects are not in the order of their numbers, or not once each. */
export async function disordered(service: TestService): Promise<unknown[]> {
  return await service.database.query(
    `SELECT user_id, array_agg(n ORDER BY id) AS ns FROM ledger GROUP BY user_id
     HAVING array_agg(n ORDER BY id) <> array_agg(DISTINCT n)`,
  );
}

const EVERY_MS = 10;
const PARTS = 5;
const PART = 120;

/**
 * The p99 in ms of how long messages wait for their handler: each of a key of its own, one every 10 ms. The median of
 * five parts, as a moment in which the machine stands still decides the p99 of the part it falls in.
 */
export async function p99Of(service: TestService, world: World, name: string): Promise<number> {
  const parts: number[] = [];
  for (let part = 0; part < PARTS; part += 1) parts.push(await p99OfPart(service, world, `${name}-${part}`));
  return parts.toSorted((a, b) => a - b)[Math.floor(PARTS / 2)] ?? NaN;
}

/** One part, which also warms up. */
export async function p99OfPart(service: TestService, world: World, name: string): Promise<number> {
  const sentAt = new Map<string, number>();
  const times: number[] = [];
  world.onCall = (key) => {
    const at = sentAt.get(key);
    if (at !== undefined) times.push(performance.now() - at);
    sentAt.delete(key);
  };
  const sent: Promise<void>[] = [];
  for (const key of keysNamed(name, PART)) {
    sentAt.set(key, performance.now());
    sent.push(publishAll(service, [{ key, n: 1 }]));
    await once(AbortSignal.timeout(EVERY_MS), 'abort');
  }
  await Promise.all(sent);
  await eventually(() => times.length === PART, { what: `${name} are handled` });
  return times.toSorted((a, b) => a - b)[Math.floor(PART * 0.99)] ?? NaN;
}
