import { Controller } from '@nestjs/common';
import { PaymentCaptured } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class PaymentCapturedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(PaymentCaptured)
  async handle(@Payload() event: PaymentCaptured, @Ctx() delivery: Delivery): Promise<void> {
    const { paymentId, amount } = event;
    await this.progress.advance(delivery, event, { type: 'payment-captured', paymentId, amount });
  }
}
