import { decideCreated, decideReserved } from './decide-open-order.ts';
import { decideCancelled, decidePaid, decideShipped } from './decide-settled-order.ts';
import { contradicted, placed, refused, type OrderDecision } from './order-decision.ts';
import type { OrderCommand, OrderState } from './order.ts';

/**
 * What a command makes of an order. Pure, total, and right whatever order facts of different streams arrive in; the
 * table of every state and command is in `decide-order.spec.ts`.
 */
export function decide(state: OrderState, command: OrderCommand): OrderDecision {
  switch (state.status) {
    case 'none':
      return decideNone(command);
    case 'created':
      return decideCreated(state.details, command);
    case 'reserved':
      return decideReserved(state.details, command);
    case 'paid':
      return decidePaid(state, command);
    case 'shipped':
      return decideShipped(state, command);
    case 'cancelled':
      return decideCancelled(command);
  }
}

function decideNone(command: OrderCommand): OrderDecision {
  switch (command.type) {
    case 'place':
      return placed(command.details);
    case 'cancel-requested':
      return refused('order_unknown');
    case 'stock-reserved':
    case 'stock-rejected':
    case 'stock-due':
    case 'payment-captured':
    case 'payment-declined':
    case 'payment-due':
    case 'stock-shipped':
      return contradicted(`${command.type} of an order that was never placed`);
  }
}
