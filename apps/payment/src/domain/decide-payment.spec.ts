import { describe, expect, it } from '@jest/globals';
import { decide } from './decide-payment.ts';
import { declineCode } from './payment-decision.ts';
import { charge, commands, inWords, order, request, states } from './payment-life.test-support.ts';
import type { PaymentCommand, PaymentStatus } from './payment.ts';

/** Every state and command: events -> call. A missing line does not compile. */
const table: Readonly<Record<PaymentStatus, Readonly<Record<PaymentCommand['type'], string>>>> = {
  none: {
    charge: 'charge-started -> charge',
    cancel: 'closed',
    'charge-captured': 'contradicted',
    'charge-declined': 'contradicted',
    'refund-confirmed': 'contradicted',
  },
  charging: {
    charge: '-> charge',
    cancel: 'cancel-started -> charge',
    'charge-captured': 'captured',
    'charge-declined': 'declined',
    'refund-confirmed': 'contradicted',
  },
  cancelling: {
    charge: 'too-late',
    cancel: 'cancel-started -> charge',
    'charge-captured': 'captured, refund-started -> refund',
    'charge-declined': 'declined',
    'refund-confirmed': 'contradicted',
  },
  captured: {
    charge: 'repeated',
    cancel: 'refund-started -> refund',
    'charge-captured': 'repeated',
    'charge-declined': 'contradicted',
    'refund-confirmed': 'contradicted',
  },
  refunding: {
    charge: 'too-late',
    cancel: 'refund-started -> refund',
    'charge-captured': 'repeated',
    'charge-declined': 'contradicted',
    'refund-confirmed': 'refunded',
  },
  refunded: {
    charge: 'too-late',
    cancel: 'repeated',
    'charge-captured': 'repeated',
    'charge-declined': 'contradicted',
    'refund-confirmed': 'repeated',
  },
  declined: {
    charge: 'repeated',
    cancel: 'nothing-charged',
    'charge-captured': 'contradicted',
    'charge-declined': 'repeated',
    'refund-confirmed': 'contradicted',
  },
  cancelled: {
    charge: 'too-late',
    cancel: 'repeated',
    'charge-captured': 'captured, refund-started -> refund',
    'charge-declined': 'nothing-charged',
    'refund-confirmed': 'contradicted',
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

describe('decide a payment', () => {
  it.each(rows)('given $status, when $type, then $result', ({ state, command, result }) => {
    expect(inWords(decide(state, command))).toBe(result);
  });

  it('asks for one order under one key, whichever message it is for', () => {
    const call = { kind: 'charge', idempotencyKey: `charge-${order.orderId}`, request };
    expect(decide(states.none, commands.charge)).toMatchObject({ call });
    expect(decide(states.charging, commands.charge)).toMatchObject({ call });
    expect(decide(states.charging, commands.cancel)).toMatchObject({ call });
  });

  it.each(['captured', 'refunding', 'refunded'] as const)(
    'sees a second charge of a payment that is %s',
    (status) => {
      const second: PaymentCommand = { type: 'charge-captured', charge: { ...charge, paymentId: 'ch_2' } };
      expect(inWords(decide(states[status], second))).toBe('contradicted');
    },
  );

  it.each([
    { amount: { amount: 1, currency: 'EUR' } },
    { amount: { amount: request.amount.amount, currency: 'USD' } },
    { paymentToken: 'tok_other' },
  ])('refuses an edited order.reserved, %j, once its charge has begun', (edit) => {
    const edited: PaymentCommand = { type: 'charge', request: { ...request, ...edit } };
    expect(inWords(decide(states.charging, edited))).toBe('contradicted');
  });

  it('sees a refund of another charge', () => {
    const other: PaymentCommand = { type: 'refund-confirmed', charge: { ...charge, paymentId: 'ch_2' } };
    expect(inWords(decide(states.refunding, other))).toBe('contradicted');
  });
});

describe('the reason of a decline', () => {
  it.each([
    ['card_declined', 'card_declined'],
    ['Card declined: insufficient funds', 'card_declined_insufficient_funds'],
    ['E-51', 'e_51'],
    ['', 'unknown'],
    ['???', 'unknown'],
    ['x'.repeat(100), 'x'.repeat(64)],
  ])('%j is told as %s', (code, told) => {
    expect(declineCode(code)).toBe(told);
  });
});
