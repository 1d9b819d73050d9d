import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import { Outbox } from '@orderflow/messaging';
import { OrderConfig } from '../config.ts';
import type { OrderDetails, OrderEvent, OrderState } from '../domain/order.ts';
import { evolve } from '../domain/evolve-order.ts';
import { OrderFactStore } from './order-fact.store.ts';
import type { StoredOrder } from './order.row.ts';
import { type ChangedOrder, OrderStore } from './order.store.ts';
import { publishedEvent } from './published-event.ts';

/** Adds an event to the open transaction and returns its message id. */
export type Publish = (event: object, options: { delayMs?: number }) => string | Promise<string>;

/** A new order, and what was decided when it was placed. */
export interface PlacedOrder {
  readonly details: OrderDetails;
  readonly events: readonly OrderEvent[];
}

/** What was decided about a stored order whose row the transaction holds. */
export interface JournalEntry {
  readonly orderId: string;
  readonly order: StoredOrder;
  readonly events: readonly OrderEvent[];
  readonly publish: Publish;
}

/** Makes decided events true: the order's row, its timeline and the published facts, in one transaction. */
@Injectable()
export class OrderJournal {
  constructor(
    private readonly orders: OrderStore,
    private readonly facts: OrderFactStore,
    private readonly outbox: Outbox,
    private readonly config: OrderConfig,
  ) {}

  /** For new orders, each statement once for all of them. */
  async open(tx: SqlExecutor, placed: readonly PlacedOrder[]): Promise<void> {
    if (placed.length === 0) return;
    await this.orders.insert(
      tx,
      placed.map(({ details }) => details),
    );
    await this.facts.append(
      tx,
      placed.map(({ details, events }) => ({ orderId: details.orderId, events })),
    );
    // Last, because the outbox holds the users' other orders back until the transaction ends.
    await this.outbox.add(
      tx,
      placed.flatMap(({ events }) => events.map(publishedEvent)),
    );
  }

  /**
   * For different orders whose rows the transaction holds, each statement once for all of them.
   *
   * @returns the state of each
   */
  async record(tx: SqlExecutor, entries: readonly JournalEntry[]): Promise<OrderState[]> {
    if (entries.length === 0) return [];
    await this.facts.append(tx, entries);
    const changed: ChangedOrder[] = [];
    for (const entry of entries) changed.push({ orderId: entry.orderId, order: await this.#publish(entry) });
    // Saves the broker messages. One that is already on its way finds the order paid or cancelled and is ignored.
    const reminders = entries.map(({ order }) => order.paymentDueMessageId);
    const needless = reminders.filter(
      (messageId, index) => messageId !== changed[index]?.order.paymentDueMessageId,
    );
    await this.outbox.cancel(
      tx,
      needless.filter((messageId) => messageId !== undefined),
    );
    await this.orders.update(tx, changed);
    return changed.map(({ order }) => order.state);
  }

  /** The order after its events, with the reminder that it still needs. */
  async #publish({ order, events, publish }: JournalEntry): Promise<StoredOrder> {
    let { paymentDueMessageId } = order;
    for (const event of events) {
      const messageId = await publish(publishedEvent(event), this.#sendOptions(event));
      if (event.type === 'payment-due') paymentDueMessageId = messageId;
    }
    const state = events.reduce(evolve, order.state);
    return { state, paymentDueMessageId: state.status === 'reserved' ? paymentDueMessageId : undefined };
  }

  #sendOptions(event: OrderEvent): { delayMs?: number } {
    return event.type === 'payment-due' ? { delayMs: this.config.paymentTimeoutMs } : {};
  }
}
