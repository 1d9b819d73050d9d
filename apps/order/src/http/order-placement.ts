import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database, GroupCommit, type ItemOutcome, type SqlExecutor } from '@orderflow/database';
import {
  type GivenAnswer,
  type HttpAnswer,
  idempotentEach,
  type IdempotentRequest,
  invalidContent,
  Problem,
} from '@orderflow/service';
import { decide } from '../domain/decide-order.ts';
import { evolve } from '../domain/evolve-order.ts';
import { NO_ORDER } from '../domain/order.ts';
import { type Product, priceOrder } from '../domain/price-order.ts';
import { OrderJournal, type PlacedOrder } from '../store/order-journal.ts';
import { ProductStore } from '../store/product.store.ts';
import { type OrderResponse, orderResponse } from './order.response.ts';
import type { PlaceOrderRequest } from './place-order.request.ts';

/** A request to place an order, under the key that makes it happen once. */
export interface Placement extends IdempotentRequest {
  readonly order: PlaceOrderRequest;
}

/** Prices orders and places them. Requests that come at the same time share a transaction, and each statement in it. */
@Injectable()
export class OrderPlacement {
  readonly #commits: GroupCommit<Placement, GivenAnswer<OrderResponse>>;

  constructor(
    database: Database,
    private readonly products: ProductStore,
    private readonly journal: OrderJournal,
  ) {
    this.#commits = new GroupCommit(database, (tx, placements) =>
      idempotentEach(tx, placements, (fresh) => this.#place(tx, fresh)),
    );
  }

  /**
   * Resolves once the order is committed.
   *
   * @throws Problem 422 naming every field that the catalogue does not agree with, and as `idempotent` does
   */
  async place(placement: Placement): Promise<OrderResponse> {
    return (await this.#commits.submit(placement)).body;
  }

  async #place(
    tx: SqlExecutor,
    placements: readonly Placement[],
  ): Promise<readonly ItemOutcome<HttpAnswer<OrderResponse>>[]> {
    const skus = new Set(placements.flatMap(({ order }) => order.lines.map((line) => line.sku)));
    const catalogue = await this.products.find(tx, [...skus]);
    const outcomes = placements.map(({ order }) => placeOrder(order, catalogue));
    await this.journal.open(
      tx,
      outcomes.flatMap((outcome) => (outcome.kind === 'done' ? [outcome.result] : [])),
    );
    return outcomes.map((outcome) =>
      outcome.kind === 'done'
        ? { kind: 'done', result: { status: 201, body: responseOf(outcome.result) } }
        : outcome,
    );
  }
}

function placeOrder(
  request: PlaceOrderRequest,
  catalogue: ReadonlyMap<string, Product>,
): ItemOutcome<PlacedOrder> {
  const pricing = priceOrder(request, catalogue);
  if (pricing.kind === 'refused') {
    const errors = pricing.errors.map(({ field, message }) => ({ field, message }));
    return { kind: 'refused', reason: invalidContent(errors) };
  }
  const { userId, email, paymentToken } = request;
  const { lines, total } = pricing;
  const createdAt = new Date().toISOString();
  const details = { userId, orderId: randomUUID(), lines, total, paymentToken, email, createdAt };
  const decision = decide(NO_ORDER, { type: 'place', details });
  return decision.kind === 'accepted'
    ? { kind: 'done', result: { details, events: decision.events } }
    : { kind: 'refused', reason: new Problem({ status: 409, detail: 'The order cannot be placed.' }) };
}

function responseOf({ events }: PlacedOrder): OrderResponse {
  return orderResponse(events.reduce(evolve, NO_ORDER));
}
