import { Controller } from '@nestjs/common';
import { OrderStockDue } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { OrderProgress } from './order-progress.ts';

@Controller()
export class OrderStockDueHandler {
  constructor(private readonly progress: OrderProgress) {}

  @SubscribeBatch(OrderStockDue)
  async handle(@Payload() facts: OrderStockDue[], @Ctx() batch: BatchDelivery): Promise<void> {
    await this.progress.advance(batch, facts, () => ({ type: 'stock-due' }));
  }
}
