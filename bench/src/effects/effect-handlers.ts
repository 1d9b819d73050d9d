import {
  type BatchDelivery,
  Ctx,
  type Delivery,
  Payload,
  Subscribe,
  SubscribeBatch,
} from '@orderflow/messaging';
import { Controller, Inject } from '@nestjs/common';
import { type SqlExecutor, Transaction } from '@orderflow/database';
import { EffectCounter } from './effect-counter.ts';
import { Happened } from './effect-event.ts';
import { writeEffect, writeEffects } from './effect-table.ts';

function countAfterCommit(tx: SqlExecutor, counter: EffectCounter, effects: number): void {
  if (tx instanceof Transaction) tx.afterCommit(() => counter.add(effects));
}

@Controller()
export class PlainHandler {
  constructor(@Inject(EffectCounter) private readonly counter: EffectCounter) {}

  @Subscribe(Happened)
  async handle(@Payload() event: Happened, @Ctx() delivery: Delivery): Promise<void> {
    await writeEffect(delivery.tx, { ...event, messageId: delivery.messageId });
    countAfterCommit(delivery.tx, this.counter, 1);
  }
}

@Controller()
export class BatchHandler {
  constructor(@Inject(EffectCounter) private readonly counter: EffectCounter) {}

  @SubscribeBatch(Happened)
  async handle(@Payload() events: Happened[], @Ctx() batch: BatchDelivery): Promise<void> {
    const effects = batch.pair(events).map(([event, { messageId }]) => ({ ...event, messageId }));
    await writeEffects(batch.tx, effects);
    countAfterCommit(batch.tx, this.counter, effects.length);
  }
}
