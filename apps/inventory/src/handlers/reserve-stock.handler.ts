import { Controller } from '@nestjs/common';
import { OrderCreated } from '@orderflow/contracts';
import { Ctx, Delivery, Payload, Subscribe } from '@orderflow/messaging';
import { StockStore } from '../store/stock.store.ts';
import { ReservationProgress } from './reservation-progress.ts';

@Controller()
export class ReserveStockHandler {
  constructor(
    private readonly progress: ReservationProgress,
    private readonly stock: StockStore,
  ) {}

  @Subscribe(OrderCreated)
  async handle(@Payload() event: OrderCreated, @Ctx() delivery: Delivery): Promise<void> {
    const { userId, orderId, lines } = event;
    const levels = await this.stock.lock(
      delivery.tx,
      lines.map((line) => line.sku),
    );
    await this.progress.advance(delivery, { type: 'reserve', order: { userId, orderId }, lines, levels });
  }
}
