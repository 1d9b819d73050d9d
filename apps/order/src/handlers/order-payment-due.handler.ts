import { Controller } from '@nestjs/common';
import { OrderPaymentDue } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class OrderPaymentDueHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(OrderPaymentDue)
  async handle(@Payload() facts: OrderPaymentDue[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, () => ({ type: 'payment-due' }));
  }
}
