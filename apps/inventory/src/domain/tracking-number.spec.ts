import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { trackingNumberOf } from './tracking-number.ts';

describe('a tracking number', () => {
  it('is the same for ever, so that an order has one', () => {
    expect(trackingNumberOf('0197f3a2-4c1e-7d3b-9a54-2f6b8c1d0e3f')).toBe('OF-NPNB-X1C4-AWZA');
  });

  it('is one of its own for each order, in letters that cannot be misread', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 20 }), (orderIds) => {
        const numbers = orderIds.map(trackingNumberOf);
        expect(new Set(numbers).size).toBe(orderIds.length);
        for (const number of numbers) expect(number).toMatch(/^OF(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
      }),
    );
  });
});
