import { Controller } from '@nestjs/common';
import { InventoryReserved } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryReservedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(InventoryReserved)
  async handle(@Payload() event: InventoryReserved, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, event, { type: 'stock-reserved' });
  }
}
