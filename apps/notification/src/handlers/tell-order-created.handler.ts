import { Controller } from '@nestjs/common';
import { OrderCreated } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.created -> the user is told that the order has arrived, at the address that only this fact carries. */
@Controller()
export class TellOrderCreatedHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @SubscribeBatch(OrderCreated)
  async handle(@Payload() orders: OrderCreated[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.#tellUser.of(
      orders.map((data) => ({ type: 'created', data })),
      batch,
    );
  }
}
