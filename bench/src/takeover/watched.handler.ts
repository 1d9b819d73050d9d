import { type BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { Controller, Inject } from '@nestjs/common';
import { Transaction } from '@orderflow/database';
import { Happened } from '../effects/effect-event.ts';
import { writeEffects } from '../effects/effect-table.ts';
import { FirstEffects } from './first-effects.ts';

/** Writes one row for each message, and keeps when each partition had its first one. */
@Controller()
export class WatchedHandler {
  constructor(@Inject(FirstEffects) private readonly firstEffects: FirstEffects) {}

  @SubscribeBatch(Happened)
  async handle(@Payload() events: Happened[], @Ctx() batch: BatchDelivery): Promise<void> {
    const { tx } = batch;
    await writeEffects(
      tx,
      batch.pair(events).map(([event, { messageId }]) => ({ ...event, messageId })),
    );
    const keys = events.map(({ userId }) => userId);
    if (tx instanceof Transaction) tx.afterCommit(() => this.firstEffects.add(keys));
  }
}
