import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, SubscribeShared } from '@orderflow/messaging';
import { CancelledOrderStore } from '../store/cancelled-order.store.ts';

/**
 * order.cancelled -> noted at once, in no order. In the user's own order it may wait for hours behind the charge that it
 * makes needless: while that one is retried, and while it is parked. The refund stays with RefundOrderHandler.
 */
@Controller()
export class NoteCancellationHandler {
  readonly #cancelled: CancelledOrderStore;

  constructor(cancelled: CancelledOrderStore) {
    this.#cancelled = cancelled;
  }

  @SubscribeShared(OrderCancelled, { name: 'cancellations' })
  async handle(@Payload() { orderId }: OrderCancelled, @Ctx() delivery: Delivery): Promise<void> {
    await delivery.transact((tx) => this.#cancelled.note(tx, orderId));
  }
}
