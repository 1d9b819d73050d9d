import {
  cancelled,
  contradicted,
  paid,
  refused,
  REPEATED,
  reserved,
  TOO_LATE,
  type OrderDecision,
} from './order-decision.ts';
import type { OrderCommand, OrderDetails } from './order.ts';

/** Placed, and waiting for inventory's answer. */
export function decideCreated(details: OrderDetails, command: OrderCommand): OrderDecision {
  switch (command.type) {
    case 'stock-reserved':
      return reserved(details);
    case 'stock-rejected':
      return cancelled(details, 'out_of_stock');
    // Due is due: an order ends also when its order.created is parked at inventory. A late answer is taken back there.
    case 'stock-due':
    case 'payment-due':
      return cancelled(details, 'payment_timed_out');
    case 'cancel-requested':
      return cancelled(details, 'requested');
    case 'place':
      return refused('order_already_placed');
    // Payment is asked only once the order is reserved, and inventory ships only once it is paid.
    case 'payment-captured':
    case 'payment-declined':
    case 'stock-shipped':
      return contradicted(`${command.type} of an order whose stock is not reserved`);
  }
}

/** Its stock is set aside, its payment asked for. */
export function decideReserved(details: OrderDetails, command: OrderCommand): OrderDecision {
  switch (command.type) {
    case 'payment-captured':
      return paid(details, command);
    case 'payment-declined':
      return cancelled(details, 'payment_declined');
    case 'payment-due':
      return cancelled(details, 'payment_timed_out');
    case 'cancel-requested':
      return cancelled(details, 'requested');
    case 'stock-reserved':
      return REPEATED;
    case 'stock-due':
      return TOO_LATE;
    case 'place':
      return refused('order_already_placed');
    case 'stock-rejected':
      return contradicted('stock-rejected after stock-reserved');
    case 'stock-shipped':
      return contradicted('stock-shipped of an order that is not paid');
  }
}
