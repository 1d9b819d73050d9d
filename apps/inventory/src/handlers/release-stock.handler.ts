import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ReleaseStockHandler {
  constructor(private readonly progress: ReservationProgress) {}

  @Subscribe(OrderCancelled)
  async handle(@Payload() { userId, orderId }: OrderCancelled, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, { type: 'release', order: { userId, orderId } });
  }
}
