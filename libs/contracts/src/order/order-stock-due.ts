import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER } from '../examples.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/**
 * The time in which inventory should have answered is over. Published by order to itself: written together with
 * `order.created`, and held back by the outbox until then. It says nothing of whether inventory has answered.
 */
@Contract<OrderStockDue>({
  stream: ORDERS,
  event: 'stock-due',
  version: 1,
  key: (event) => event.userId,
  example: EXAMPLE_ORDER,
})
export class OrderStockDue extends OrderFact {}
