import { Controller } from '@nestjs/common';
import { OrderShipped } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.shipped -> the user is told that the order has left the house. */
@Controller()
export class TellOrderShippedHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @Subscribe(OrderShipped)
  async handle(@Payload() order: OrderShipped, @Ctx() delivery: Delivery): Promise<void> {
    await this.#tellUser.of({ type: 'shipped', data: order }, delivery);
  }
}
