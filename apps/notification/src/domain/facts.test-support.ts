import type { CancelReason, OrderLine } from '@orderflow/contracts';
import type { NotifiedFact, NotifiedFactType } from './notification.ts';

const order = { userId: 'ada', orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f' };
const total = { amount: 4_788, currency: 'EUR' };

/** The facts of one order; in life, it is either shipped or cancelled. */
export const facts: { readonly [Type in NotifiedFactType]: Extract<NotifiedFact, { type: Type }> } = {
  created: createdWith([
    { sku: 'KETTLE', quantity: 1, unitPrice: { amount: 2_990, currency: 'EUR' } },
    { sku: 'MUG', quantity: 2, unitPrice: { amount: 899, currency: 'EUR' } },
  ]),
  paid: { type: 'paid', data: { ...order, total, paymentId: 'ch_1' } },
  shipped: { type: 'shipped', data: { ...order, trackingNumber: 'OF-7K3M-Q2ZD-9XWA' } },
  cancelled: cancelledFor('out_of_stock'),
};

export function createdWith(lines: readonly OrderLine[]): Extract<NotifiedFact, { type: 'created' }> {
  const paymentToken = 'tok_approve';
  const createdAt = '2026-01-31T12:00:00.000Z';
  return {
    type: 'created',
    data: { ...order, lines, total, paymentToken, email: 'ada@example.org', createdAt },
  };
}

export function cancelledFor(reason: CancelReason): Extract<NotifiedFact, { type: 'cancelled' }> {
  return { type: 'cancelled', data: { ...order, reason } };
}
