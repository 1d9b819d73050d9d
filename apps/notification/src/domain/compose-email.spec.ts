import { describe, expect, it } from '@jest/globals';
import type { CancelReason } from '@orderflow/contracts';
import { composeEmail } from './compose-email.ts';
import { cancelledFor, createdWith, facts } from './facts.test-support.ts';
import { formatMoney } from './format-money.ts';

const { orderId } = facts.created.data;

describe('compose an e-mail', () => {
  it('lists what was ordered, and its total', () => {
    expect(composeEmail(facts.created)).toEqual({
      subject: `We have your order ${orderId}`,
      text: [
        'Thank you for your order:',
        '',
        '  1 x KETTLE at 29.90 EUR',
        '  2 x MUG at 8.99 EUR',
        '  Total: 47.88 EUR',
        '',
        'We are setting your items aside and will write again when it is paid.',
        '',
      ].join('\n'),
    });
  });

  it('cuts a long list short, and says so', () => {
    const line = { sku: 'KETTLE', quantity: 1, unitPrice: { amount: 2_990, currency: 'EUR' } };
    const { text } = composeEmail(createdWith(Array.from({ length: 100 }, () => line)));
    expect(text).toContain('  and 80 more lines\n');
    expect(text.match(/KETTLE/g)).toHaveLength(20);
  });

  it('says what was paid, and how to find the parcel', () => {
    expect(composeEmail(facts.paid).text).toContain('47.88 EUR');
    expect(composeEmail(facts.shipped).text).toContain('OF-7K3M-Q2ZD-9XWA');
  });

  it.each<[CancelReason, string]>([
    ['out_of_stock', 'we no longer have everything that you ordered'],
    ['payment_declined', 'your payment was declined'],
    ['payment_timed_out', 'we did not receive your payment in time'],
    ['requested', 'as you asked'],
  ])('says why an order is cancelled: %s', (reason, text) => {
    expect(composeEmail(cancelledFor(reason)).text).toContain(text);
  });

  it.each(Object.values(facts))(
    'names the order of $type in a subject of one line, and no payment token',
    (fact) => {
      const { subject, text } = composeEmail(fact);
      expect(subject).toContain(orderId);
      expect(subject).not.toMatch(/[\r\n]/);
      expect(text).not.toContain('tok_');
    },
  );

  it('has a subject of its own for each fact', () => {
    expect(new Set(Object.values(facts).map((fact) => composeEmail(fact).subject)).size).toBe(4);
  });
});

describe('format money', () => {
  it.each([
    [4_788, 'EUR', '47.88 EUR'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'EUR', '0.00 EUR'],
    [1_999, 'JPY', '1999 JPY'],
    [1_999, 'KWD', '1.999 KWD'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91 EUR'],
  ])('%p %s is %s', (amount, currency, text) => {
    expect(formatMoney({ amount, currency })).toBe(text);
  });
});
