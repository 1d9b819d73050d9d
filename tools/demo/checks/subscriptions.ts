import type { ServiceName } from '../../stack/stack-layout.ts';

export interface Subscription {
  service: ServiceName;
  /** As in messaging.inbox: `ordered`, or the name of a queue group. */
  consumer: string;
  /** As in DEAD_LETTERS. */
  deadLetterName: string;
  stream: string;
  events: readonly string[];
}

const ordered = (service: ServiceName, stream: string, events: readonly string[]): Subscription => ({
  service,
  consumer: 'ordered',
  deadLetterName: service,
  stream,
  events,
});

/** Who reacts to what, as DESIGN.md section 8 says. Not read from the broker: a subscription that is missing there must show. */
export const subscriptions: readonly Subscription[] = [
  ordered('inventory', 'ORDERS', ['created', 'paid', 'cancelled']),
  ordered('payment', 'ORDERS', ['reserved', 'cancelled']),
  ordered('notification', 'ORDERS', ['created', 'paid', 'shipped', 'cancelled']),
  ordered('order', 'ORDERS', ['stock-due', 'payment-due']),
  ordered('order', 'INVENTORY', ['reserved', 'rejected', 'shipped']),
  ordered('order', 'PAYMENTS', ['captured', 'declined']),
  {
    service: 'payment',
    consumer: 'cancellations',
    deadLetterName: 'payment-cancellations',
    stream: 'ORDERS',
    events: ['cancelled'],
  },
  {
    service: 'notification',
    consumer: 'mailer',
    deadLetterName: 'notification-mailer',
    stream: 'NOTIFICATIONS',
    events: ['email-requested'],
  },
];

export function subscribersOf({ stream, event }: { stream: string; event: string }): Subscription[] {
  return subscriptions.filter((each) => each.stream === stream && each.events.includes(event));
}
