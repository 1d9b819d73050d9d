import {
  contradicted,
  refused,
  REPEATED,
  repeatedCapture,
  shipped,
  TOO_LATE,
  type OrderDecision,
} from './order-decision.ts';
import type { OrderCommand, OrderState } from './order.ts';

type Paid = Extract<OrderState, { status: 'paid' }>;
type Shipped = Extract<OrderState, { status: 'shipped' }>;

/** Nothing but shipping can happen to it any more. */
export function decidePaid(state: Paid, command: OrderCommand): OrderDecision {
  switch (command.type) {
    case 'stock-shipped':
      return shipped(state.details, command.trackingNumber);
    case 'payment-captured':
      return repeatedCapture(state.paymentId, command.paymentId);
    case 'stock-reserved':
      return REPEATED;
    case 'payment-declined':
    case 'payment-due':
    case 'stock-due':
      return TOO_LATE;
    case 'cancel-requested':
      return refused('order_already_paid');
    case 'place':
      return refused('order_already_placed');
    case 'stock-rejected':
      return contradicted('stock-rejected after stock-reserved');
  }
}

/** Terminal state: shipped. */
export function decideShipped(state: Shipped, command: OrderCommand): OrderDecision {
  switch (command.type) {
    case 'payment-captured':
      return repeatedCapture(state.paymentId, command.paymentId);
    case 'stock-reserved':
    case 'stock-shipped':
      return REPEATED;
    case 'payment-declined':
    case 'payment-due':
    case 'stock-due':
      return TOO_LATE;
    case 'cancel-requested':
      return refused('order_already_shipped');
    case 'place':
      return refused('order_already_placed');
    case 'stock-rejected':
      return contradicted('stock-rejected after stock-reserved');
  }
}

/** Terminal state: cancelled. */
export function decideCancelled(command: OrderCommand): OrderDecision {
  switch (command.type) {
    // Nothing to undo here: on order.cancelled, inventory releases and payment refunds.
    case 'stock-reserved':
    case 'stock-rejected':
    case 'payment-captured':
    case 'payment-declined':
    case 'payment-due':
    case 'stock-due':
      return TOO_LATE;
    case 'cancel-requested':
      return refused('order_already_cancelled');
    case 'place':
      return refused('order_already_placed');
    // A paid order is never cancelled and an unpaid one never shipped: goods have left the house for nothing.
    case 'stock-shipped':
      return contradicted('stock-shipped of an order that was cancelled');
  }
}
