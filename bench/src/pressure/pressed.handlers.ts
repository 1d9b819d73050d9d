import { Database, Transaction } from '@orderflow/database';
import { Ctx, type Delivery, DependencyDown, Payload, PoisonMessage, Subscribe } from '@orderflow/messaging';
import { Controller, Inject } from '@nestjs/common';
import { LatencyProbe } from './latency-probe.ts';
import { Asked, Pressed } from './pressed-event.ts';
import { type Effect, recordEffect } from './pressure-tables.ts';

export const INSTANCE = Symbol('instance');
/** Messages of keys with this prefix cannot be handled. */
export const POISON = 'poison-';
export const PROVIDER = 'provider';
export const PARTITIONS = 16;

function effectOf({ userId, n }: Pressed, delivery: Delivery, instance: string): Effect {
  return { userId, n, attempt: delivery.attempt, instance };
}

@Controller()
export class PressedHandler {
  constructor(
    @Inject(LatencyProbe) private readonly probe: LatencyProbe,
    @Inject(INSTANCE) private readonly instance: string,
  ) {}

  @Subscribe(Pressed)
  async handle(@Payload() event: Pressed, @Ctx() delivery: Delivery): Promise<void> {
    if (event.userId.startsWith(POISON)) throw new PoisonMessage('it cannot be handled');
    const { tx } = delivery;
    await recordEffect(tx, effectOf(event, delivery, this.instance));
    if (tx instanceof Transaction) tx.afterCommit(() => this.probe.handled(event.userId));
  }
}

@Controller()
export class AskedHandler {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(INSTANCE) private readonly instance: string,
  ) {}

  @Subscribe(Asked, { kind: 'external', dependency: PROVIDER })
  async handle(@Payload() event: Asked, @Ctx() delivery: Delivery): Promise<void> {
    const [provider] = await this.database.query<{ is_up: boolean }>('SELECT is_up FROM provider');
    if (provider?.is_up !== true) throw new DependencyDown(PROVIDER);
    await delivery.transact((tx) => recordEffect(tx, effectOf(event, delivery, this.instance)));
  }
}
