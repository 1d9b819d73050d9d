import { describe, expect, it } from '@jest/globals';
import { checkContract, contractOf, ContractViolation, type ContractClass } from '@orderflow/messaging';
import { EmailRequested } from './notification/email-requested.ts';
import { OrderCreated } from './order/order-created.ts';
import { PaymentDeclined } from './payment/payment-declined.ts';

const line = { sku: 'MUG', quantity: 1, unitPrice: { amount: 100, currency: 'EUR' } };

function accepts(cls: ContractClass, fields: object): boolean {
  try {
    checkContract(cls, { ...contractOf(cls).example, ...fields });
    return true;
  } catch (error) {
    if (error instanceof ContractViolation) return false;
    throw error;
  }
}

const lines = (count: number): object => ({ lines: Array.from({ length: count }, () => line) });
const quantity = (value: unknown): object => ({ lines: [{ ...line, quantity: value }] });
const sku = (value: unknown): object => ({ lines: [{ ...line, sku: value }] });
const total = (amount: unknown, currency: unknown): object => ({ total: { amount, currency } });

const table: readonly [cls: ContractClass, fields: object, valid: boolean][] = [
  [OrderCreated, { userId: 'a' }, true],
  [OrderCreated, { userId: 'Ada_Lovelace-1815' }, true],
  [OrderCreated, { userId: 'x'.repeat(64) }, true],
  [OrderCreated, { userId: 'x'.repeat(65) }, false],
  [OrderCreated, { userId: '' }, false],
  [OrderCreated, { userId: 'ada.lovelace' }, false],
  [OrderCreated, { userId: 'ada*' }, false],
  [OrderCreated, { userId: '>' }, false],
  [OrderCreated, { userId: 'ada lovelace' }, false],
  [OrderCreated, { userId: 'ada\n' }, false],
  [OrderCreated, { userId: 'adä' }, false],
  [OrderCreated, { orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f' }, true],
  [OrderCreated, { orderId: '1f0a4c62-7d0e-4f2a-8b55-9f0f6c1b2a3d' }, true],
  [OrderCreated, { orderId: '42' }, false],
  [OrderCreated, lines(1), true],
  [OrderCreated, lines(100), true],
  [OrderCreated, lines(0), false],
  [OrderCreated, lines(101), false],
  [OrderCreated, { lines: [{ ...line, colour: 'red' }] }, false],
  [OrderCreated, { lines: [line, null] }, false],
  [OrderCreated, { lines: [line, [line]] }, false],
  [OrderCreated, { lines: { 0: line } }, false],
  [OrderCreated, quantity(1), true],
  [OrderCreated, quantity(1_000), true],
  [OrderCreated, quantity(0), false],
  [OrderCreated, quantity(1_001), false],
  [OrderCreated, quantity(1.5), false],
  [OrderCreated, quantity('1'), false],
  [OrderCreated, sku('LAST-ONE'), true],
  [OrderCreated, sku('last one'), false],
  [OrderCreated, sku(''), false],
  [OrderCreated, total(0, 'EUR'), true],
  [OrderCreated, total(Number.MAX_SAFE_INTEGER, 'JPY'), true],
  [OrderCreated, total(Number.MAX_SAFE_INTEGER + 1, 'JPY'), false],
  [OrderCreated, total(-1, 'EUR'), false],
  [OrderCreated, total(0.5, 'EUR'), false],
  [OrderCreated, total(1, 'eur'), false],
  [OrderCreated, total(1, 'XYZ'), false],
  [OrderCreated, { total: [{ amount: 1, currency: 'EUR' }] }, false],
  [OrderCreated, { email: 'ada@example.org' }, true],
  [OrderCreated, { email: 'ada@example.org\r\nBcc: eve@example.org' }, false],
  [OrderCreated, { email: 'ada' }, false],
  [OrderCreated, { email: 'ada\ud800@example.org' }, false],
  [OrderCreated, { paymentToken: '' }, false],
  [OrderCreated, { paymentToken: 'tok approve' }, false],
  [OrderCreated, { createdAt: new Date(0).toISOString() }, true],
  [OrderCreated, { createdAt: '2026-02-30T12:00:00.000Z' }, false],
  [OrderCreated, { createdAt: '2026-01-31T12:00:00+01:00' }, false],
  [OrderCreated, { createdAt: '2026-01-31' }, false],
  [PaymentDeclined, { code: 'card_declined' }, true],
  [PaymentDeclined, { code: 'Card declined' }, false],
  [EmailRequested, { subject: 'Your order' }, true],
  [EmailRequested, { subject: 'Your order\r\nBcc: eve@example.org' }, false],
  [EmailRequested, { text: '' }, false],
  [EmailRequested, { to: '\udc00' }, false],
];

describe('field rules', () => {
  it.each(table)('%p with %j: valid is %p', (cls, fields, valid) => {
    expect(accepts(cls, fields)).toBe(valid);
  });
});
