import { Controller } from '@nestjs/common';
import { OrderShipped } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.shipped -> the user is told that the order has left the house. */
@Controller()
export class TellOrderShippedHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @SubscribeBatch(OrderShipped)
  async handle(@Payload() orders: OrderShipped[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.#tellUser.of(
      orders.map((data) => ({ type: 'shipped', data })),
      batch,
    );
  }
}
