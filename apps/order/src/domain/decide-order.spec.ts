import { describe, expect, it } from '@jest/globals';
import { decide } from './decide-order.ts';
import { commands, details, inWords, states } from './order-life.test-support.ts';
import type { OrderCommand, OrderStatus } from './order.ts';

/** Every state and command: what happens. A missing line does not compile. */
const table: { readonly [Status in OrderStatus]: { readonly [Type in OrderCommand['type']]: string } } = {
  none: {
    place: 'created, stock-due',
    'stock-reserved': 'contradicted',
    'stock-rejected': 'contradicted',
    'stock-due': 'contradicted',
    'payment-captured': 'contradicted',
    'payment-declined': 'contradicted',
    'payment-due': 'contradicted',
    'stock-shipped': 'contradicted',
    'cancel-requested': 'refused: order_unknown',
  },
  created: {
    place: 'refused: order_already_placed',
    'stock-reserved': 'reserved, payment-due',
    'stock-rejected': 'cancelled (out_of_stock)',
    'stock-due': 'cancelled (payment_timed_out)',
    'payment-captured': 'contradicted',
    'payment-declined': 'contradicted',
    'payment-due': 'cancelled (payment_timed_out)',
    'stock-shipped': 'contradicted',
    'cancel-requested': 'cancelled (requested)',
  },
  reserved: {
    place: 'refused: order_already_placed',
    'stock-reserved': 'repeated',
    'stock-rejected': 'contradicted',
    'stock-due': 'too-late',
    'payment-captured': 'paid',
    'payment-declined': 'cancelled (payment_declined)',
    'payment-due': 'cancelled (payment_timed_out)',
    'stock-shipped': 'contradicted',
    'cancel-requested': 'cancelled (requested)',
  },
  paid: {
    place: 'refused: order_already_placed',
    'stock-reserved': 'repeated',
    'stock-rejected': 'contradicted',
    'stock-due': 'too-late',
    'payment-captured': 'repeated',
    'payment-declined': 'too-late',
    'payment-due': 'too-late',
    'stock-shipped': 'shipped',
    'cancel-requested': 'refused: order_already_paid',
  },
  shipped: {
    place: 'refused: order_already_placed',
    'stock-reserved': 'repeated',
    'stock-rejected': 'contradicted',
    'stock-due': 'too-late',
    'payment-captured': 'repeated',
    'payment-declined': 'too-late',
    'payment-due': 'too-late',
    'stock-shipped': 'repeated',
    'cancel-requested': 'refused: order_already_shipped',
  },
  cancelled: {
    place: 'refused: order_already_placed',
    'stock-reserved': 'too-late',
    'stock-rejected': 'too-late',
    'stock-due': 'too-late',
    'payment-captured': 'too-late',
    'payment-declined': 'too-late',
    'payment-due': 'too-late',
    'stock-shipped': 'contradicted',
    'cancel-requested': 'refused: order_already_cancelled',
  },
};

const rows = Object.values(states).flatMap((state) =>
  Object.values(commands).map((command) => ({
    state,
    command,
    status: state.status,
    type: command.type,
    result: table[state.status][command.type],
  })),
);

describe('decide an order', () => {
  it.each(rows)('given $status, when $type, then $result', ({ state, command, result }) => {
    expect(inWords(decide(state, command))).toBe(result);
  });

  it('tells payment what to charge, and itself when to stop waiting', () => {
    const { userId, orderId, total, paymentToken } = details;
    expect(decide(states.created, commands['stock-reserved'])).toEqual({
      kind: 'accepted',
      events: [
        { type: 'reserved', data: { userId, orderId, total, paymentToken } },
        { type: 'payment-due', data: { userId, orderId } },
      ],
    });
  });

  it.each([
    { amount: 1_797, currency: 'EUR' },
    { amount: 1_798, currency: 'USD' },
  ])('does not take $amount $currency for the total', (amount) => {
    expect(inWords(decide(states.reserved, { ...commands['payment-captured'], amount }))).toBe(
      'contradicted',
    );
  });

  it.each([states.paid, states.shipped])('sees a second charge of an order that is $status', (state) => {
    const second = { ...commands['payment-captured'], paymentId: 'ch_2' };
    expect(inWords(decide(state, second))).toBe('contradicted');
  });
});
