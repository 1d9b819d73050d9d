import { Controller } from '@nestjs/common';
import { OrderPaymentDue } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class OrderPaymentDueHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(OrderPaymentDue)
  async handle(@Payload() event: OrderPaymentDue, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, event, { type: 'payment-due' });
  }
}
