import { Controller } from '@nestjs/common';
import { PaymentDeclined } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class PaymentDeclinedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(PaymentDeclined)
  async handle(@Payload() event: PaymentDeclined, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, event, { type: 'payment-declined' });
  }
}
