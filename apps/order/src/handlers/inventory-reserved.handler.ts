import { Controller } from '@nestjs/common';
import { InventoryReserved } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryReservedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(InventoryReserved)
  async handle(@Payload() facts: InventoryReserved[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, () => ({ type: 'stock-reserved' }));
  }
}
