/** Values that the contracts' examples share, so that read together they tell the life of one order. */
export const EXAMPLE_ORDER = { userId: 'ada', orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f' } as const;
export const EXAMPLE_TOTAL = { amount: 4_788, currency: 'EUR' } as const;
export const EXAMPLE_TOKEN = 'tok_approve';
export const EXAMPLE_EMAIL = 'ada@example.org';
export const EXAMPLE_PAYMENT_ID = 'ch_0197f3a2';
export const EXAMPLE_TRACKING_NUMBER = 'OF-7K3M-Q2ZD-9XWA';
export const EXAMPLE_NOTIFICATION_ID = '6f0f8a3e-93d3-5a55-8f0c-3a1f5f2d7b11';
export const EXAMPLE_STOCK_LINES = [
  { sku: 'KETTLE', quantity: 1 },
  { sku: 'MUG', quantity: 2 },
];
