import { Controller } from '@nestjs/common';
import { OrderPaid } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.paid -> the user is told that the money has arrived. */
@Controller()
export class TellOrderPaidHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @SubscribeBatch(OrderPaid)
  async handle(@Payload() orders: OrderPaid[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.#tellUser.of(
      orders.map((data) => ({ type: 'paid', data })),
      batch,
    );
  }
}
