import { composeEmail } from './compose-email.ts';
import { notificationIdOf } from './notification-id.ts';
import type {
  Correspondence,
  NotificationDecision,
  NotificationEvent,
  NotifiedFact,
} from './notification.ts';

/** One e-mail for each fact of an order, to the address that came with order.created. Pure and total. */
export function decide(state: Correspondence, fact: NotifiedFact): NotificationDecision {
  switch (state.status) {
    case 'none':
      // Only this fact knows the address, and within ORDERS it comes before all others of its order.
      return fact.type === 'created'
        ? requested(fact.data.email, fact)
        : { kind: 'contradicted', because: `order.${fact.type} of an order that was never placed` };
    case 'open':
      return state.told.includes(fact.type)
        ? { kind: 'ignored', because: 'repeated' }
        : requested(state.email, fact);
  }
}

export function evolve(state: Correspondence, event: NotificationEvent): Correspondence {
  const told = state.status === 'open' ? state.told : [];
  return { status: 'open', email: event.data.to, told: [...told, event.fact] };
}

function requested(to: string, fact: NotifiedFact): NotificationDecision {
  const { userId, orderId } = fact.data;
  const data = {
    userId,
    orderId,
    notificationId: notificationIdOf(orderId, fact.type),
    to,
    ...composeEmail(fact),
  };
  return { kind: 'accepted', event: { type: 'email-requested', fact: fact.type, data } };
}
