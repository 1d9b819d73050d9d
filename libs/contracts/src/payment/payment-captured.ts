import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_PAYMENT_ID, EXAMPLE_TOTAL } from '../examples.ts';
import { IsNested, IsReference } from '../field-rules.ts';
import { Money } from '../money.ts';
import { OrderFact } from '../order-fact.ts';
import { PAYMENTS } from '../streams.ts';

/** The provider took the money for an order. Published by payment, at most once for an order. */
@Contract<PaymentCaptured>({
  stream: PAYMENTS,
  event: 'captured',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, paymentId: EXAMPLE_PAYMENT_ID, amount: EXAMPLE_TOTAL },
})
export class PaymentCaptured extends OrderFact {
  /** The provider's charge. */
  @IsReference()
  readonly paymentId!: string;

  /** What was taken: the order's total. */
  @IsNested(() => Money)
  readonly amount!: Money;
}
