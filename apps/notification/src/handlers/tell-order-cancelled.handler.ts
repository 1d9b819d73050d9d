import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.cancelled -> the user is told that the order is over, and why. */
@Controller()
export class TellOrderCancelledHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @SubscribeBatch(OrderCancelled)
  async handle(@Payload() orders: OrderCancelled[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.#tellUser.of(
      orders.map((data) => ({ type: 'cancelled', data })),
      batch,
    );
  }
}
