import { Controller } from '@nestjs/common';
import { PaymentCaptured } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class PaymentCapturedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(PaymentCaptured)
  async handle(@Payload() facts: PaymentCaptured[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, ({ paymentId, amount }) => ({
      type: 'payment-captured',
      paymentId,
      amount,
    }));
  }
}
