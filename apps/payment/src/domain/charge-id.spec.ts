import { describe, expect, it } from '@jest/globals';
import { PaymentCaptured } from '@orderflow/contracts';
import { contract } from '@orderflow/messaging';
import { chargeKey, isStorableChargeId, paymentReference, refundKey } from './charge-id.ts';

const fact = {
  userId: 'ada',
  orderId: '0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f',
  amount: { amount: 1, currency: 'EUR' },
};

describe("the provider's id of a charge", () => {
  it.each(['ch:2026/1020.é', 'ch 1', '😀', 'x'.repeat(1_024), '../..', '"', "'; --", '1.5', 'ch_1\n'])(
    '%j is stored as it is, and facts carry a reference that the contract takes',
    (chargeId) => {
      const paymentId = paymentReference(chargeId);
      expect(isStorableChargeId(chargeId)).toBe(true);
      expect(contract(PaymentCaptured, { ...fact, paymentId })).toMatchObject({ paymentId });
      expect(paymentReference(chargeId)).toBe(paymentId);
      expect(paymentReference(`${chargeId}x`)).not.toBe(paymentId);
    },
  );

  it.each(['ch_0197f3a2', 'A', '-', 'x'.repeat(128)])('%s is told as it is', (chargeId) => {
    expect(paymentReference(chargeId)).toBe(chargeId);
  });

  it.each(['', 'a\0b', '\ud800', 'x\udc00y', 'x'.repeat(1_025)])('%j cannot be stored', (chargeId) => {
    expect(isStorableChargeId(chargeId)).toBe(false);
  });
});

describe('the keys of a charge and of a refund', () => {
  it('are the same however the id of the order is written, so that it is charged and refunded once', () => {
    const orderId = fact.orderId.toUpperCase();
    const asItCame = { ...fact, orderId };
    expect([chargeKey(asItCame), refundKey(asItCame)]).toEqual([chargeKey(fact), refundKey(fact)]);
    expect(chargeKey(fact)).not.toBe(refundKey(fact));
  });
});
