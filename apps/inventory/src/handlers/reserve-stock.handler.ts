import { Controller } from '@nestjs/common';
import { OrderCreated } from '@orderflow/contracts';
import { BatchDelivery, Ctx, Payload, SubscribeBatch } from '@orderflow/messaging';
import { StockStore } from '../store/stock.store.ts';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ReserveStockHandler {
  constructor(
    private readonly progress: ReservationProgress,
    private readonly stock: StockStore,
  ) {}

  @SubscribeBatch(OrderCreated)
  async handle(@Payload() events: OrderCreated[], @Ctx() batch: BatchDelivery): Promise<void> {
    const skus = new Set(events.flatMap(({ lines }) => lines.map(({ sku }) => sku)));
    const levels = await this.stock.lock(batch.tx, [...skus]);
    const requests = events.map(
      ({ userId, orderId, lines }) => ({ type: 'reserve', order: { userId, orderId }, lines }) as const,
    );
    await this.progress.advance(batch, requests, levels);
  }
}
