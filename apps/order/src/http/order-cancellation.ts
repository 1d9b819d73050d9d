import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import { Outbox } from '@orderflow/messaging';
import { Problem } from '@orderflow/service';
import { decide } from '../domain/decide-order.ts';
import type { OrderState } from '../domain/order.ts';
import { OrderJournal, type Publish } from '../store/order-journal.ts';
import { NOT_STORED } from '../store/order.row.ts';
import { OrderStore } from '../store/order.store.ts';
import { orderUnknown } from './order-id.pipe.ts';

/** Cancels an order because its user wants it. */
@Injectable()
export class OrderCancellation {
  constructor(
    private readonly orders: OrderStore,
    private readonly journal: OrderJournal,
    private readonly outbox: Outbox,
  ) {}

  /**
   * The cancelled order; also when the user had already cancelled it.
   *
   * @throws Problem 404 for an unknown order, 409 when it can no longer be cancelled
   */
  async cancel(tx: SqlExecutor, orderId: string): Promise<OrderState> {
    const order = (await this.orders.lock(tx, [orderId])).get(orderId) ?? NOT_STORED;
    if (order.state.status === 'cancelled' && order.state.reason === 'requested') return order.state;
    const decision = decide(order.state, { type: 'cancel-requested' });
    if (decision.kind === 'accepted') {
      const entry = { orderId, order, events: decision.events, publish: this.#publishIn(tx) };
      const [cancelled = order.state] = await this.journal.record(tx, [entry]);
      return cancelled;
    }
    if (order.state.status === 'none') throw orderUnknown();
    throw new Problem({ status: 409, detail: `The order is already ${order.state.status}.` });
  }

  #publishIn(tx: SqlExecutor): Publish {
    return async (event, options) => {
      const [messageId = ''] = await this.outbox.add(tx, event, options);
      return messageId;
    };
  }
}
