import type { OrderDecision } from './order-decision.ts';
import type { OrderCommand, OrderDetails, OrderState, OrderStatus } from './order.ts';

export const details: OrderDetails = {
  userId: 'ada',
  orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f',
  lines: [{ sku: 'MUG', quantity: 2, unitPrice: { amount: 899, currency: 'EUR' } }],
  total: { amount: 1_798, currency: 'EUR' },
  paymentToken: 'tok_approve',
  email: 'ada@example.org',
  createdAt: '2026-01-31T12:00:00.000Z',
};

/** An order in each status. */
export const states: { readonly [Status in OrderStatus]: Extract<OrderState, { status: Status }> } = {
  none: { status: 'none' },
  created: { status: 'created', details },
  reserved: { status: 'reserved', details },
  paid: { status: 'paid', details, paymentId: 'ch_1' },
  shipped: { status: 'shipped', details, paymentId: 'ch_1', trackingNumber: 'OF-1' },
  cancelled: { status: 'cancelled', details, reason: 'requested' },
};

/** A command of each type, true of the orders above. */
export const commands: {
  readonly [Type in OrderCommand['type']]: Extract<OrderCommand, { type: Type }>;
} = {
  place: { type: 'place', details },
  'stock-reserved': { type: 'stock-reserved' },
  'stock-rejected': { type: 'stock-rejected' },
  'stock-due': { type: 'stock-due' },
  'payment-captured': { type: 'payment-captured', paymentId: 'ch_1', amount: details.total },
  'payment-declined': { type: 'payment-declined' },
  'payment-due': { type: 'payment-due' },
  'stock-shipped': { type: 'stock-shipped', trackingNumber: 'OF-1' },
  'cancel-requested': { type: 'cancel-requested' },
};

/** A decision in one line: `reserved, payment-due`, `cancelled (requested)`, `too-late`, `refused: …`. */
export function inWords(decision: OrderDecision): string {
  switch (decision.kind) {
    case 'accepted':
      return decision.events
        .map((event) => (event.type === 'cancelled' ? `cancelled (${event.data.reason})` : event.type))
        .join(', ');
    case 'ignored':
      return decision.because;
    case 'refused':
      return `refused: ${decision.code}`;
    case 'contradicted':
      return 'contradicted';
  }
}
