import { Injectable } from '@nestjs/common';
import type { OrderFact } from '@orderflow/contracts';
import { type BatchDelivery, PoisonMessage } from '@orderflow/messaging';
import { decide } from '../domain/decide-order.ts';
import type { OrderCommand, OrderEvent, OrderState } from '../domain/order.ts';
import { type JournalEntry, OrderJournal } from '../store/order-journal.ts';
import { NOT_STORED } from '../store/order.row.ts';
import { OrderStore } from '../store/order.store.ts';

/** Brings many orders one step further, each on a fact of another service. */
@Injectable()
export class OrderProgress {
  constructor(
    private readonly orders: OrderStore,
    private readonly journal: OrderJournal,
  ) {}

  /** @throws PoisonMessage when a fact cannot be true of its order: a retry would not change that */
  async advance<Fact extends OrderFact>(
    batch: BatchDelivery,
    facts: readonly Fact[],
    commandOf: (fact: Fact) => OrderCommand,
  ): Promise<void> {
    const orderIds = facts.map(({ orderId }) => orderId);
    assertDifferent(orderIds);
    const known = await this.orders.lock(batch.tx, orderIds);
    const entries: JournalEntry[] = [];
    for (const [fact, delivery] of batch.pair(facts)) {
      const { orderId, userId } = fact;
      const order = known.get(orderId) ?? NOT_STORED;
      assertOwner(order.state, userId);
      const events = decided(order.state, commandOf(fact));
      if (events.length === 0) continue;
      entries.push({ orderId, order, events, publish: (event, options) => delivery.publish(event, options) });
    }
    await this.journal.record(batch.tx, entries);
  }
}

/** Empty when nothing happens, and that is right. */
function decided(state: OrderState, command: OrderCommand): readonly OrderEvent[] {
  const decision = decide(state, command);
  switch (decision.kind) {
    case 'accepted':
      return decision.events;
    case 'ignored':
      return [];
    case 'refused':
      throw new PoisonMessage(`${command.type} is refused: ${decision.code}`);
    case 'contradicted':
      throw new PoisonMessage(decision.because);
  }
}

/** Only facts under another user's id can name an order twice. The batch is then handled in halves, down to the wrong one. */
function assertDifferent(orderIds: readonly string[]): void {
  if (new Set(orderIds.map((orderId) => orderId.toLowerCase())).size < orderIds.length)
    throw new PoisonMessage('two facts of one order under different users');
}

/** Order is kept by user: a fact under another user's id could overtake the facts of the order's own user. */
function assertOwner(state: OrderState, userId: string): void {
  if (state.status !== 'none' && state.details.userId !== userId) {
    throw new PoisonMessage('the order belongs to another user');
  }
}
