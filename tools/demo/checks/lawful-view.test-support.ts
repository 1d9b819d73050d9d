import type { ServiceName } from '../../stack/stack-layout.ts';
import { subscribersOf } from './subscriptions.ts';
import type { InboxView, StreamView, SystemView } from './system-view.ts';

/** A system that an order of two mugs was shipped by, one was refunded by, and a message became a dead letter in. */
export const shippedId = 'order-1';
export const cancelledId = 'order-2';
export const poisonId = 'poison-1';

type Told = [stream: string, event: string, orderId: string, amount?: number];

const told: readonly Told[] = [
  ['ORDERS', 'created', shippedId],
  ['ORDERS', 'reserved', shippedId],
  ['ORDERS', 'created', cancelledId],
  ['ORDERS', 'reserved', cancelledId],
  ['ORDERS', 'cancelled', cancelledId],
  ['ORDERS', 'paid', shippedId],
  ['ORDERS', 'shipped', shippedId],
  ['PAYMENTS', 'captured', shippedId, 2_500],
  ['PAYMENTS', 'captured', cancelledId, 1_250],
  ['PAYMENTS', 'refunded', cancelledId, 1_250],
  ['INVENTORY', 'reserved', shippedId],
  ['INVENTORY', 'reserved', cancelledId],
  ['INVENTORY', 'released', cancelledId],
  ['INVENTORY', 'shipped', shippedId],
  ...['created', 'paid', 'shipped'].flatMap((): Told[] => mailOf(shippedId)),
  ...['created', 'cancelled'].flatMap((): Told[] => mailOf(cancelledId)),
];

function mailOf(orderId: string): Told[] {
  return [
    ['NOTIFICATIONS', 'email-requested', orderId],
    ['NOTIFICATIONS', 'email-sent', orderId],
  ];
}

function messages(): StreamView[] {
  const facts = told.map(([stream, event, orderId, amount = 0], at) => {
    const sequence = told.slice(0, at + 1).filter(([name]) => name === stream).length;
    return { stream, sequence, key: 'ada', event, messageId: `${stream}-${sequence}`, orderId, amount };
  });
  const poison = {
    stream: 'ORDERS',
    sequence: 8,
    key: 'mallory',
    event: 'created',
    messageId: poisonId,
    orderId: '',
    amount: 0,
  };
  return [...facts, poison];
}

function inboxOf(all: readonly StreamView[]): InboxView[] {
  return all.flatMap((message) =>
    subscribersOf(message).map(({ service, consumer }) => ({
      service,
      consumer,
      messageId: message.messageId,
      state: message.messageId === poisonId ? 'dead' : 'handled',
      stream: message.stream,
      sequence: message.sequence,
      handledAt: message.sequence * 1_000,
    })),
  );
}

const notified: readonly [orderId: string, fact: string][] = [
  [shippedId, 'created'],
  [shippedId, 'paid'],
  [shippedId, 'shipped'],
  [cancelledId, 'created'],
  [cancelledId, 'cancelled'],
];

function deadLetterOf(service: ServiceName): SystemView['parked'][number] {
  return {
    service,
    consumer: 'ordered',
    messageId: poisonId,
    key: 'mallory',
    state: 'dead',
    reason: 'no JSON',
  };
}

/** Everything is as promised. Each call makes a new one, so that a test may break it. */
export function lawfulView(): SystemView {
  const all = messages();
  const order = { userId: 'ada', total: 2_500, lines: [{ sku: 'MUG', quantity: 2 }] };
  const half = { total: 1_250, lines: [{ sku: 'MUG', quantity: 1 }] };
  return {
    scope: { users: ['ada', 'mallory'], accepted: [shippedId, cancelledId], poison: [poisonId] },
    orders: [
      { ...order, orderId: shippedId, status: 'shipped', reason: null },
      { ...order, ...half, orderId: cancelledId, status: 'cancelled', reason: 'requested' },
    ],
    timeline: all
      .filter(({ stream, orderId }) => stream === 'ORDERS' && orderId !== '')
      .map(({ orderId, event }) => ({ orderId, fact: event })),
    stock: [{ sku: 'MUG', onHand: 8, reserved: 0, shipped: 2, received: 10 }],
    receipts: [{ sku: 'MUG', quantity: 10 }],
    reservations: [
      { orderId: shippedId, status: 'shipped', lines: order.lines },
      { orderId: cancelledId, status: 'released', lines: half.lines },
    ],
    payments: [
      { orderId: shippedId, status: 'captured', amount: 2_500 },
      { orderId: cancelledId, status: 'refunded', amount: 1_250 },
    ],
    notifications: notified.map(([orderId, fact]) => {
      const notificationId = `${orderId}-${fact}`;
      return { notificationId, orderId, fact, state: 'sent', smtpMessageId: `<${notificationId}>` };
    }),
    messages: all,
    inbox: inboxOf(all),
    parked: [deadLetterOf('inventory'), deadLetterOf('notification')],
    deadLetters: ['inventory', 'notification'].map((consumer) => ({
      consumer,
      messageId: poisonId,
      reason: 'no JSON',
    })),
    outbox: all
      .filter(({ messageId }) => messageId !== poisonId)
      .map(({ stream, event, messageId, sequence }) => {
        return { service: 'order', messageId, stream, event, publishedSequence: sequence, delayed: false };
      }),
    charges: [
      { orderId: shippedId, chargeId: 'ch-1', status: 'captured', amount: 2_500 },
      { orderId: cancelledId, chargeId: 'ch-2', status: 'refunded', amount: 1_250 },
    ],
    mails: notified.map(([orderId, fact]) => `<${orderId}-${fact}>`),
  };
}
