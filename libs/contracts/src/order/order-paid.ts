import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_PAYMENT_ID, EXAMPLE_TOTAL } from '../examples.ts';
import { IsNested, IsReference } from '../field-rules.ts';
import { Money } from '../money.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/** An order is paid: from here on it is shipped and cannot be cancelled. Published by order; inventory ships. */
@Contract<OrderPaid>({
  stream: ORDERS,
  event: 'paid',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, total: EXAMPLE_TOTAL, paymentId: EXAMPLE_PAYMENT_ID },
})
export class OrderPaid extends OrderFact {
  /** What was paid: the whole order. */
  @IsNested(() => Money)
  readonly total!: Money;

  /** The provider's charge. */
  @IsReference()
  readonly paymentId!: string;
}
