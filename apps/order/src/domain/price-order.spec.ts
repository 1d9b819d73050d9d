import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, multiply, zero } from './money.ts';
import { priceOrder, type Pricing, type Product } from './price-order.ts';

const eur = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' });
const catalogue = catalogueOf([
  { sku: 'MUG', unitPrice: eur(1_250) },
  { sku: 'KETTLE', unitPrice: eur(4_900) },
  { sku: 'STAR', unitPrice: eur(Number.MAX_SAFE_INTEGER) },
]);

function catalogueOf(products: readonly Product[]): ReadonlyMap<string, Product> {
  return new Map(products.map((product) => [product.sku, product]));
}

function errorsOf(pricing: Pricing): string[] {
  return pricing.kind === 'refused' ? pricing.errors.map(({ field, code }) => `${field} ${code}`) : [];
}

describe('price an order', () => {
  it('fixes the price of each line, in the order given, and adds up', () => {
    const lines = [
      { sku: 'MUG', quantity: 2 },
      { sku: 'KETTLE', quantity: 1 },
      { sku: 'MUG', quantity: 1 },
    ];
    expect(priceOrder({ currency: 'EUR', lines }, catalogue)).toEqual({
      kind: 'priced',
      lines: [
        { sku: 'MUG', quantity: 2, unitPrice: eur(1_250) },
        { sku: 'KETTLE', quantity: 1, unitPrice: eur(4_900) },
        { sku: 'MUG', quantity: 1, unitPrice: eur(1_250) },
      ],
      total: eur(8_650),
    });
  });

  it('names every unknown SKU and the currency at once', () => {
    const lines = [
      { sku: 'MUG', quantity: 1 },
      { sku: 'mug', quantity: 1 },
      { sku: 'CUP', quantity: 1 },
    ];
    const pricing = priceOrder({ currency: 'USD', lines }, catalogue);
    expect(errorsOf(pricing)).toEqual([
      'lines.1.sku unknown_sku',
      'lines.2.sku unknown_sku',
      'currency other_currency',
    ]);
  });

  it.each([
    [[{ sku: 'STAR', quantity: 1 }], []],
    [[{ sku: 'STAR', quantity: 2 }], ['lines total_too_large']],
    [
      [
        { sku: 'STAR', quantity: 1 },
        { sku: 'MUG', quantity: 1 },
      ],
      ['lines total_too_large'],
    ],
  ])('refuses a total that is not exact: %j', (lines, errors) => {
    expect(errorsOf(priceOrder({ currency: 'EUR', lines }, catalogue))).toEqual(errors);
  });

  it('is exact or refused, as checked with big integers', () => {
    const line = fc.record({ quantity: fc.integer({ min: 1, max: 1_000 }), price: fc.maxSafeNat() });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 100 }), (bought) => {
        const products = bought.map(({ price }, index) => ({
          sku: `P${String(index)}`,
          unitPrice: eur(price),
        }));
        const lines = bought.map(({ quantity }, index) => ({ sku: `P${String(index)}`, quantity }));
        const exact = bought.reduce((sum, { quantity, price }) => sum + BigInt(quantity) * BigInt(price), 0n);
        const pricing = priceOrder({ currency: 'EUR', lines }, catalogueOf(products));
        if (pricing.kind === 'priced') expect(BigInt(pricing.total.amount)).toBe(exact);
        else expect(exact).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER));
      }),
    );
  });
});

describe('money', () => {
  it.each([
    ['adds', add(eur(1), eur(2)), { kind: 'money', money: eur(3) }],
    ['adds to nothing', add(zero('EUR'), eur(2)), { kind: 'money', money: eur(2) }],
    ['does not mix currencies', add(eur(1), zero('USD')), { kind: 'refused', because: 'other-currency' }],
    ['multiplies', multiply(eur(3), 4), { kind: 'money', money: eur(12) }],
    [
      'does not round a sum',
      add(eur(Number.MAX_SAFE_INTEGER), eur(2)),
      { kind: 'refused', because: 'too-large' },
    ],
    ['does not round a product', multiply(eur(2 ** 52), 3), { kind: 'refused', because: 'too-large' }],
    ['knows no half pieces', multiply(eur(3), 0.5), { kind: 'refused', because: 'not-whole' }],
    ['knows no negative pieces', multiply(eur(3), -1), { kind: 'refused', because: 'not-whole' }],
    ['knows no half units', add(eur(0.5), eur(1)), { kind: 'refused', because: 'not-whole' }],
  ])('%s', (_name, result, expected) => {
    expect(result).toEqual(expected);
  });
});
