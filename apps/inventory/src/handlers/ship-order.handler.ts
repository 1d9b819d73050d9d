import { Controller } from '@nestjs/common';
import { OrderPaid } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ShipOrderHandler {
  constructor(private readonly progress: ReservationProgress) {}

  @Subscribe(OrderPaid)
  async handle(@Payload() { userId, orderId }: OrderPaid, @Ctx() delivery: Delivery): Promise<void> {
    await this.progress.advance(delivery, { type: 'ship', order: { userId, orderId } });
  }
}
