import { Controller } from '@nestjs/common';
import { OrderCreated } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.created -> the user is told that the order has arrived, at the address that only this fact carries. */
@Controller()
export class TellOrderCreatedHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @Subscribe(OrderCreated)
  async handle(@Payload() order: OrderCreated, @Ctx() delivery: Delivery): Promise<void> {
    await this.#tellUser.of({ type: 'created', data: order }, delivery);
  }
}
