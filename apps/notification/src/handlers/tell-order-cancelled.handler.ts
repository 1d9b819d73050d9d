import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.cancelled -> the user is told that the order is over, and why. */
@Controller()
export class TellOrderCancelledHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @Subscribe(OrderCancelled)
  async handle(@Payload() order: OrderCancelled, @Ctx() delivery: Delivery): Promise<void> {
    await this.#tellUser.of({ type: 'cancelled', data: order }, delivery);
  }
}
