import { Contract } from '@orderflow/messaging';
import { Matches } from 'class-validator';
import { EXAMPLE_ORDER } from '../examples.ts';
import { OrderFact } from '../order-fact.ts';
import { PAYMENTS } from '../streams.ts';

/** The provider refused the charge for good: nothing was taken. Published by payment, at most once for an order. */
@Contract<PaymentDeclined>({
  stream: PAYMENTS,
  event: 'declined',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, code: 'card_declined' },
})
export class PaymentDeclined extends OrderFact {
  /** Why, in the provider's words, brought into this form by payment: `card_declined`. */
  @Matches(/^[a-z0-9_]{1,64}$/)
  readonly code!: string;
}
