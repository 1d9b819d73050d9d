import { Contract } from '@orderflow/messaging';
import { EXAMPLE_EMAIL, EXAMPLE_ORDER, EXAMPLE_TOKEN, EXAMPLE_TOTAL } from '../examples.ts';
import {
  IsEmailAddress,
  IsNested,
  IsNestedList,
  IsPaymentToken,
  IsUtcTime,
  ORDER_LINES,
} from '../field-rules.ts';
import { Money } from '../money.ts';
import { OrderFact } from '../order-fact.ts';
import { OrderLine } from '../order-line.ts';
import { ORDERS } from '../streams.ts';

/** A user placed an order, and it was accepted. Published by order; inventory answers whether there is stock. */
@Contract<OrderCreated>({
  stream: ORDERS,
  event: 'created',
  version: 1,
  key: (event) => event.userId,
  example: {
    ...EXAMPLE_ORDER,
    lines: [
      { sku: 'KETTLE', quantity: 1, unitPrice: { amount: 2_990, currency: 'EUR' } },
      { sku: 'MUG', quantity: 2, unitPrice: { amount: 899, currency: 'EUR' } },
    ],
    total: EXAMPLE_TOTAL,
    paymentToken: EXAMPLE_TOKEN,
    email: EXAMPLE_EMAIL,
    createdAt: '2026-01-31T12:00:00.000Z',
  },
})
export class OrderCreated extends OrderFact {
  /** In the order in which the user gave them; a SKU may come twice. All prices in the currency of `total`. */
  @IsNestedList(() => OrderLine, ORDER_LINES)
  readonly lines!: readonly OrderLine[];

  /** Sum of quantity × unit price. */
  @IsNested(() => Money)
  readonly total!: Money;

  /** What the payment provider is to be charged with; means nothing to anyone else. */
  @IsPaymentToken()
  readonly paymentToken!: string;

  /** Notification address. Included only in this event; consumers that need it must store it. */
  @IsEmailAddress()
  readonly email!: string;

  @IsUtcTime()
  readonly createdAt!: string;
}
