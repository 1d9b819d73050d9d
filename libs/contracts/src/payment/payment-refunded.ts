import { Contract } from '@orderflow/messaging';
import { EXAMPLE_ORDER, EXAMPLE_PAYMENT_ID, EXAMPLE_TOTAL } from '../examples.ts';
import { IsNested, IsReference } from '../field-rules.ts';
import { Money } from '../money.ts';
import { OrderFact } from '../order-fact.ts';
import { PAYMENTS } from '../streams.ts';

/** All that was captured for a cancelled order went back. Published by payment, after its `payment.captured`. */
@Contract<PaymentRefunded>({
  stream: PAYMENTS,
  event: 'refunded',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, paymentId: EXAMPLE_PAYMENT_ID, amount: EXAMPLE_TOTAL },
})
export class PaymentRefunded extends OrderFact {
  /** The provider's charge that was given back. */
  @IsReference()
  readonly paymentId!: string;

  /** What went back: what was captured. */
  @IsNested(() => Money)
  readonly amount!: Money;
}
