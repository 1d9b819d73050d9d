import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_TRACKING_NUMBER } from '../examples.ts';
import { IsReference } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/** A paid order has left the house: the good end. Published by order. */
@Contract<OrderShipped>({
  stream: ORDERS,
  event: 'shipped',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, trackingNumber: EXAMPLE_TRACKING_NUMBER },
})
export class OrderShipped extends OrderFact {
  @IsReference()
  readonly trackingNumber!: string;
}
