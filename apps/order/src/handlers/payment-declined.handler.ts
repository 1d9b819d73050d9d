import { Controller } from '@nestjs/common';
import { PaymentDeclined } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class PaymentDeclinedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(PaymentDeclined)
  async handle(@Payload() facts: PaymentDeclined[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, () => ({ type: 'payment-declined' }));
  }
}
