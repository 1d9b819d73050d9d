import { Injectable } from '@nestjs/common';
import type { OrderFact } from '@orderflow/contracts';
import { type Delivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-order.ts';
import type { OrderCommand, OrderState } from '../domain/order.ts';
import { OrderJournal } from '../store/order-journal.ts';
import { OrderStore } from '../store/order.store.ts';

/** Brings an order one step further on a fact of another service. */
@Injectable()
export class OrderProgress {
  constructor(
    private readonly orders: OrderStore,
    private readonly journal: OrderJournal,
  ) {}

  /** @throws PoisonMessage when the fact cannot be true of this order: a retry would not change that */
  async advance(delivery: Delivery, { orderId, userId }: OrderFact, command: OrderCommand): Promise<void> {
    const order = await this.orders.lock(delivery.tx, orderId);
    assertOwner(order.state, userId);
    const decision = decide(order.state, command);
    switch (decision.kind) {
      case 'accepted': {
        const entry = { orderId, order, events: decision.events };
        await this.journal.record(delivery.tx, entry, (event, options) => delivery.publish(event, options));
        return;
      }
      case 'ignored':
        return;
      case 'refused':
        throw new PoisonMessage(`${command.type} is refused: ${decision.code}`);
      case 'contradicted':
        throw new PoisonMessage(decision.because);
    }
  }
}

/** Order is kept by user: a fact under another user's id could overtake the facts of the order's own user. */
function assertOwner(state: OrderState, userId: string): void {
  if (state.status !== 'none' && state.details.userId !== userId) {
    throw new PoisonMessage('the order belongs to another user');
  }
}
