import { Controller } from '@nestjs/common';
import { OrderCancelled } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ReleaseStockHandler {
  constructor(private readonly progress: ReservationProgress) {}

  @SubscribeBatch(OrderCancelled)
  async handle(@Payload() events: OrderCancelled[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(
      batch,
      events.map(({ userId, orderId }) => ({ type: 'release', order: { userId, orderId } })),
    );
  }
}
