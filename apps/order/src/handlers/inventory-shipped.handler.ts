import { Controller } from '@nestjs/common';
import { InventoryShipped } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryShippedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(InventoryShipped)
  async handle(@Payload() facts: InventoryShipped[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, ({ trackingNumber }) => ({
      type: 'stock-shipped',
      trackingNumber,
    }));
  }
}
