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
import { writeEffect, writeEffects } from '../effects/effect-table.ts';
import { EffectTimes } from './effect-times.ts';
import { Timed } from './timed-event.ts';

function noteCommit(tx: SqlExecutor, times: EffectTimes, event: Timed): void {
  if (tx instanceof Transaction) tx.afterCommit(() => times.committed(event));
}

@Controller()
export class PlainTimedHandler {
  constructor(@Inject(EffectTimes) private readonly times: EffectTimes) {}

  @Subscribe(Timed)
  async handle(@Payload() event: Timed, @Ctx() delivery: Delivery): Promise<void> {
    await writeEffect(delivery.tx, { ...event, messageId: delivery.messageId });
    noteCommit(delivery.tx, this.times, event);
  }
}

@Controller()
export class BatchTimedHandler {
  constructor(@Inject(EffectTimes) private readonly times: EffectTimes) {}

  @SubscribeBatch(Timed)
  async handle(@Payload() events: Timed[], @Ctx() batch: BatchDelivery): Promise<void> {
    const effects = batch.pair(events).map(([event, { messageId }]) => ({ ...event, messageId }));
    await writeEffects(batch.tx, effects);
    for (const event of events) noteCommit(batch.tx, this.times, event);
  }
}
