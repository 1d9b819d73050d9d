import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { ProviderDesk } from '../provider/provider-desk.ts';
import { EXTERNAL } from './patience.ts';
import { SettlePayment } from './settle-payment.ts';

/**
 * order.cancelled -> payment.refunded, when money was taken. When nothing was charged, the cancellation is kept so that
 * nothing will be. When that is not known, because order.reserved was given up or discarded half-way, the charge is
 * withdrawn at the provider first: it is never made only to be given back.
 */
@Controller()
export class RefundOrderHandler {
  readonly #settle: SettlePayment;
  readonly #desk: ProviderDesk;

  constructor(settle: SettlePayment, desk: ProviderDesk) {
    this.#settle = settle;
    this.#desk = desk;
  }

  @Subscribe(OrderCancelled, EXTERNAL)
  async handle(@Payload() order: OrderCancelled, @Ctx() delivery: Delivery): Promise<void> {
    const { userId, orderId } = order;
    await this.#settle.run(delivery, orderId, { type: 'cancel', order: { userId, orderId } }, (call) =>
      call.kind === 'refund'
        ? this.#desk.refund(call, delivery.signal)
        : this.#desk.withdraw(call, 'order_cancelled', delivery.signal),
    );
  }
}
