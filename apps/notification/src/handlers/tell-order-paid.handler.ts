import { Controller } from '@nestjs/common';
import { OrderPaid } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { TellUser } from './tell-user.ts';

/** order.paid -> the user is told that the money has arrived. */
@Controller()
export class TellOrderPaidHandler {
  readonly #tellUser: TellUser;

  constructor(tellUser: TellUser) {
    this.#tellUser = tellUser;
  }

  @Subscribe(OrderPaid)
  async handle(@Payload() order: OrderPaid, @Ctx() delivery: Delivery): Promise<void> {
    await this.#tellUser.of({ type: 'paid', data: order }, delivery);
  }
}
