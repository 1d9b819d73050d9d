import { Controller } from '@nestjs/common';
import { InventoryShipped } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class InventoryShippedHandler {
  constructor(private readonly progress: OrderProgress) {}

  @Subscribe(InventoryShipped)
  async handle(@Payload() event: InventoryShipped, @Ctx() delivery: Delivery): Promise<void> {
    const { trackingNumber } = event;
    await this.progress.advance(delivery, event, { type: 'stock-shipped', trackingNumber });
  }
}
