import { describe, expect, it } from '@jest/globals';
import { evolve } from './evolve-order.ts';
import { details, states } from './order-life.test-support.ts';
import type { OrderEvent, OrderStatus } from './order.ts';

const { userId, orderId, total, paymentToken } = details;
const order = { userId, orderId };

const events: { readonly [Type in OrderEvent['type']]: Extract<OrderEvent, { type: Type }> } = {
  created: { type: 'created', data: details },
  reserved: { type: 'reserved', data: { ...order, total, paymentToken } },
  'stock-due': { type: 'stock-due', data: order },
  'payment-due': { type: 'payment-due', data: order },
  paid: { type: 'paid', data: { ...order, total, paymentId: 'ch_1' } },
  shipped: { type: 'shipped', data: { ...order, trackingNumber: 'OF-1' } },
  cancelled: { type: 'cancelled', data: { ...order, reason: 'requested' } },
};

/** The arrows of an order's life; every other event leaves the order as it is. */
const arrows: Readonly<Record<OrderStatus, Partial<Record<OrderEvent['type'], OrderStatus>>>> = {
  none: { created: 'created' },
  created: { reserved: 'reserved', cancelled: 'cancelled' },
  reserved: { paid: 'paid', cancelled: 'cancelled' },
  paid: { shipped: 'shipped' },
  shipped: {},
  cancelled: {},
};

const rows = Object.values(states).flatMap((state) =>
  Object.values(events).map((event) => ({
    state,
    event,
    status: state.status,
    type: event.type,
    next: arrows[state.status][event.type] ?? state.status,
  })),
);

describe('evolve an order', () => {
  it.each(rows)('given $status, after order.$type, it is $next', ({ state, event, next }) => {
    expect(evolve(state, event)).toEqual(states[next]);
  });

  it('keeps the first tracking number and the first reason', () => {
    const renumbered: OrderEvent = { type: 'shipped', data: { ...order, trackingNumber: 'OF-2' } };
    const another: OrderEvent = { type: 'cancelled', data: { ...order, reason: 'payment_timed_out' } };
    expect(evolve(states.shipped, renumbered)).toEqual(states.shipped);
    expect(evolve(states.cancelled, another)).toEqual(states.cancelled);
  });
});
