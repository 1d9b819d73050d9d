import { Contract } from '@orderflow/messaging';
import { IsIn } from 'class-validator';
import { EXAMPLE_ORDER } from '../examples.ts';
import { OrderFact } from '../order-fact.ts';
import { ORDERS } from '../streams.ts';

/** Why an order ends without being shipped. */
export const CANCEL_REASONS = ['out_of_stock', 'payment_declined', 'payment_timed_out', 'requested'] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/**
 * An order that was not paid is over. Published by order; inventory gives back what it set aside, payment what it
 * captured meanwhile.
 */
@Contract<OrderCancelled>({
  stream: ORDERS,
  event: 'cancelled',
  version: 1,
  key: (event) => event.userId,
  example: { ...EXAMPLE_ORDER, reason: 'requested' },
})
export class OrderCancelled extends OrderFact {
  @IsIn(CANCEL_REASONS)
  readonly reason!: CancelReason;
}
