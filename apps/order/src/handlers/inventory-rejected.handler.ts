import { Controller } from '@nestjs/common';
import { InventoryRejected } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryRejectedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(InventoryRejected)
  async handle(@Payload() event: InventoryRejected, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, event, { type: 'stock-rejected' });
  }
}
