import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { SqlExecutor } from '@orderflow/database';
import { Outbox } from '@orderflow/messaging';
import { invalidContent, Problem } from '@orderflow/service';
import { decide } from '../domain/decide-order.ts';
import { evolve } from '../domain/evolve-order.ts';
import { NO_ORDER, type OrderDetails, type OrderState } from '../domain/order.ts';
import { priceOrder } from '../domain/price-order.ts';
import { OrderFactStore } from '../store/order-fact.store.ts';
import { OrderStore } from '../store/order.store.ts';
import { ProductStore } from '../store/product.store.ts';
import { publishedEvent } from '../store/published-event.ts';
import type { PlaceOrderRequest } from './place-order.request.ts';

/** Prices an order and places it. */
@Injectable()
export class OrderPlacement {
  constructor(
    private readonly products: ProductStore,
    private readonly orders: OrderStore,
    private readonly facts: OrderFactStore,
    private readonly outbox: Outbox,
  ) {}

  /** @throws Problem 422 naming every field that the catalogue does not agree with */
  async place(tx: SqlExecutor, request: PlaceOrderRequest): Promise<OrderState> {
    const details = await this.#details(tx, request);
    const decision = decide(NO_ORDER, { type: 'place', details });
    if (decision.kind !== 'accepted')
      throw new Problem({ status: 409, detail: 'The order cannot be placed.' });
    await this.orders.insert(tx, details);
    await this.facts.append(tx, details.orderId, decision.events);
    // Last, because the outbox holds the user's other orders back until the transaction ends.
    await this.outbox.add(tx, decision.events.map(publishedEvent));
    return decision.events.reduce(evolve, NO_ORDER);
  }

  async #details(tx: SqlExecutor, request: PlaceOrderRequest): Promise<OrderDetails> {
    const catalogue = await this.products.find(
      tx,
      request.lines.map((line) => line.sku),
    );
    const pricing = priceOrder(request, catalogue);
    if (pricing.kind === 'refused') {
      throw invalidContent(pricing.errors.map(({ field, message }) => ({ field, message })));
    }
    const { userId, email, paymentToken } = request;
    const { lines, total } = pricing;
    return {
      userId,
      orderId: randomUUID(),
      lines,
      total,
      paymentToken,
      email,
      createdAt: new Date().toISOString(),
    };
  }
}
