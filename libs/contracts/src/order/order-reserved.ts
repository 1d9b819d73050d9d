import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_TOKEN, EXAMPLE_TOTAL } from '../examples.ts';
import { IsNested, IsPaymentToken } from '../field-rules.ts';
import { Money } from '../money.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/** The stock of an open order is set aside, so it may be charged. Published by order; payment charges. */
@Contract<OrderReserved>({
  stream: ORDERS,
  event: 'reserved',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, total: EXAMPLE_TOTAL, paymentToken: EXAMPLE_TOKEN },
})
export class OrderReserved extends OrderFact {
  /** What to charge. */
  @IsNested(() => Money)
  readonly total!: Money;

  /** What the payment provider is to be charged with. */
  @IsPaymentToken()
  readonly paymentToken!: string;
}
