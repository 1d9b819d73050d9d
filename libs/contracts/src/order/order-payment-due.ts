import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER } from '../examples.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/**
 * The time to pay an order is over. Published by order to itself: written together with `order.reserved`, and held
 * back by the outbox until then. It says nothing of whether the order was paid.
 */
@Contract<OrderPaymentDue>({
  stream: ORDERS,
  event: 'payment-due',
  version: 1,
  key: (event) => event.userId,
  example: EXAMPLE_ORDER,
})
export class OrderPaymentDue extends OrderFact {}
