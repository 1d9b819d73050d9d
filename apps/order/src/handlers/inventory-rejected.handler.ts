import { Controller } from '@nestjs/common';
import { InventoryRejected } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryRejectedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(InventoryRejected)
  async handle(@Payload() facts: InventoryRejected[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, () => ({ type: 'stock-rejected' }));
  }
}
