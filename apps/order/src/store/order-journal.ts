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
    const dueMessageIds = await this.#publishDue(tx, placed);
    await this.orders.insert(
      tx,
      placed.map(({ details }, index) => ({ details, dueMessageId: dueMessageIds[index] })),
    );
    await this.facts.append(
      tx,
      placed.map(({ details, events }) => ({ orderId: details.orderId, events })),
    );
    await this.outbox.add(
      tx,
      placed.flatMap(({ events }) => events.filter((event) => !isDue(event))).map(publishedEvent),
    );
  }

  /** One reminder for each order; the row of the order names it, so that it can be taken back. */
  async #publishDue(tx: SqlExecutor, placed: readonly PlacedOrder[]): Promise<string[]> {
    const due = placed.flatMap(({ events }) => events.filter(({ type }) => type === 'stock-due'));
    return await this.outbox.add(tx, due.map(publishedEvent), { delayMs: this.config.stockTimeoutMs });
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
    // Saves the broker messages. One that is already on its way finds the order further on and is ignored.
    const reminders = entries.map(({ order }) => order.dueMessageId);
    const needless = reminders.filter((messageId, index) => messageId !== changed[index]?.order.dueMessageId);
    await this.outbox.cancel(
      tx,
      needless.filter((messageId) => messageId !== undefined),
    );
    await this.orders.update(tx, changed);
    return changed.map(({ order }) => order.state);
  }

  /** The order after its events, with the reminder that it still needs. */
  async #publish({ order, events, publish }: JournalEntry): Promise<StoredOrder> {
    let { dueMessageId } = order;
    for (const event of events) {
      const messageId = await publish(publishedEvent(event), this.#sendOptions(event));
      if (isDue(event)) dueMessageId = messageId;
    }
    const state = events.reduce(evolve, order.state);
    return { state, dueMessageId: isOpen(state) ? dueMessageId : undefined };
  }

  #sendOptions(event: OrderEvent): { delayMs?: number } {
    return event.type === 'payment-due' ? { delayMs: this.config.paymentTimeoutMs } : {};
  }
}

function isDue({ type }: OrderEvent): boolean {
  return type === 'stock-due' || type === 'payment-due';
}

/** Whether inventory or payment still has to answer in time. */
function isOpen({ status }: OrderState): boolean {
  return status === 'created' || status === 'reserved';
}
