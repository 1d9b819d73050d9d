import { distinctMessages, groupBy } from './finding.ts';
import type { NotificationView, OrderView, PaymentView, ReservationView, SystemView } from './system-view.ts';

const inventoryFacts: Readonly<Record<string, readonly string[]>> = {
  reserved: ['reserved'],
  rejected: ['rejected'],
  released: ['reserved', 'released'],
  shipped: ['reserved', 'shipped'],
  closed: [],
};

const paymentFacts: Readonly<Record<string, readonly string[]>> = {
  captured: ['captured'],
  declined: ['declined'],
  refunded: ['captured', 'refunded'],
  cancelled: [],
};

/** The facts that an order's rows in the four databases say were decided, and those that the streams have. */
export interface OrderFacts {
  orderId: string;
  decided: string[];
  published: string[];
}

const named = (stream: string, events: readonly string[]): string[] =>
  events.map((event) => `${stream} ${event}`);

/** These are reminders: whether one was needed is not a matter of the order's state. */
const isFact = (event: string): boolean => event !== 'stock-due' && event !== 'payment-due';

interface Rows {
  timeline: Map<string, { fact: string }[]>;
  reservations: Map<string, ReservationView[]>;
  payments: Map<string, PaymentView[]>;
  notifications: Map<string, NotificationView[]>;
}

export function factsByOrder(view: SystemView): OrderFacts[] {
  const byOrder = <Row extends { orderId: string }>(rows: readonly Row[]): Map<string, Row[]> =>
    groupBy(rows, ({ orderId }) => orderId);
  const rows: Rows = {
    timeline: byOrder(view.timeline),
    reservations: byOrder(view.reservations),
    payments: byOrder(view.payments),
    notifications: byOrder(view.notifications),
  };
  const facts = byOrder(
    distinctMessages(view).filter((message) => !view.scope.poison.includes(message.messageId)),
  );
  return view.orders.map((order) => ({
    orderId: order.orderId,
    decided: decidedFacts(order, rows),
    published: (facts.get(order.orderId) ?? [])
      .filter(({ event }) => isFact(event))
      .map(({ stream, event }) => `${stream} ${event}`),
  }));
}

function decidedFacts({ orderId }: OrderView, rows: Rows): string[] {
  const notified = (rows.notifications.get(orderId) ?? []).flatMap(({ state }) =>
    state === 'sent' ? ['email-requested', 'email-sent'] : ['email-requested'],
  );
  return [
    ...named(
      'ORDERS',
      (rows.timeline.get(orderId) ?? []).map(({ fact }) => fact),
    ),
    ...named(
      'INVENTORY',
      (rows.reservations.get(orderId) ?? []).flatMap(({ status }) => inventoryFacts[status] ?? []),
    ),
    ...named(
      'PAYMENTS',
      (rows.payments.get(orderId) ?? []).flatMap(({ status }) => paymentFacts[status] ?? []),
    ),
    ...named('NOTIFICATIONS', notified),
  ];
}
