import { Controller } from '@nestjs/common';
import { OrderPaid } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ShipOrderHandler {
  constructor(private readonly progress: ReservationProgress) {}

  @SubscribeBatch(OrderPaid)
  async handle(@Payload() events: OrderPaid[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(
      batch,
      events.map(({ userId, orderId }) => ({ type: 'ship', order: { userId, orderId } })),
    );
  }
}
