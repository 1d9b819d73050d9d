import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Mishap } from './model-provider.test-support.ts';
import { type Ending, type Flaw, ModelShop, type ShopPlan } from './model-shop.test-support.ts';
import { expectConserved, expectSettled } from './model-verdict.test-support.ts';

const FULL = process.env['CONFORMANCE'] === 'full';
const RUNS = FULL ? 20_000 : 300;
const MAX_STEPS = 5_000;

interface Choice {
  /** Which of the possible steps, by its place. */
  step: number;
  ending: Ending;
}

const skus = ['MUG', 'KETTLE'];
const [users, prices] = [['ada', 'bob'], { MUG: 899, KETTLE: 4_900 } as Record<string, number>];

const line = fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 3 }) });
const basket = fc.record({
  userId: fc.constantFrom(...users),
  token: fc.constantFrom('tok_approve', 'tok_decline'),
  lines: fc.array(line, { minLength: 1, maxLength: 2 }),
  cancelled: fc.boolean(),
});
const mishap = fc.constantFrom<Mishap>('none', 'lost-call', 'lost-answer', 'given-up');
const ending = fc.constantFrom<Ending>(
  'acknowledged',
  'acknowledged',
  'crash-before-commit',
  'crash-before-ack',
  'echo',
);
const choices = fc.array(fc.record({ step: fc.nat(999), ending }), { maxLength: 150, size: 'max' });
const plan = fc
  .record({
    baskets: fc.array(basket, { minLength: 1, maxLength: 5 }),
    stock: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
    mishaps: fc.array(mishap, { maxLength: 8 }),
  })
  .map(({ baskets, stock, mishaps }): ShopPlan => ({
    orders: baskets.map(({ userId, token, lines }, n) => {
      const priced = lines.map(({ sku, quantity }) => ({ sku, quantity, unitPrice: eur(prices[sku] ?? 0) }));
      const total = priced.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0);
      const [orderId, createdAt] = [`order-${n}`, '2026-01-31T12:00:00.000Z'];
      return {
        userId,
        orderId,
        lines: priced,
        total: eur(total),
        paymentToken: token,
        email: `${userId}@example.org`,
        createdAt,
      };
    }),
    cancelled: baskets.map((one) => one.cancelled),
    stock: new Map(skus.map((sku, index) => [sku, stock[index] ?? 0])),
    mishaps,
  }));

function eur(amount: number): { amount: number; currency: string } {
  return { amount, currency: 'EUR' };
}

/** Lets happen what was chosen, then everything else in turn, until nothing can happen any more. */
function run(shop: ModelShop, chosen: readonly Choice[], look: (shop: ModelShop) => void): void {
  const pending = [...chosen];
  for (let taken = 0; taken < MAX_STEPS; taken++) {
    const steps = shop.steps();
    const choice = pending.shift() ?? { step: 0, ending: 'acknowledged' as const };
    const step = steps[choice.step % Math.max(steps.length, 1)];
    if (step === undefined) return;
    step.run(choice.ending);
    look(shop);
  }
  throw new Error('the shop never comes to rest');
}

function property(flaw?: Flaw): fc.IProperty<[ShopPlan, Choice[]]> {
  return fc.property(plan, choices, (drawn, chosen) => {
    const shop = new ModelShop({ ...drawn, flaw });
    run(shop, chosen, () => expectConserved(shop, drawn));
    expectSettled(shop, drawn);
  });
}

describe('any interleaving of orders, duplicates, crashes and failures', () => {
  it('conserves stock and money, ends each order in one final state, and tells each user the facts in order', () => {
    fc.assert(property(), { numRuns: RUNS });
  });

  // A model that cannot fail proves nothing.
  it.each<Flaw>(['marks-inbox-first', 'no-order-in-a-stream'])(
    'would show that messaging is wrong: %s',
    (flaw) => {
      expect(fc.check(property(flaw), { numRuns: RUNS }).failed).toBe(true);
    },
  );

  it('reaches every ending', () => {
    const reached = new Set<string>();
    const noted = fc.property(plan, choices, (drawn, chosen) => {
      const shop = new ModelShop(drawn);
      run(shop, chosen, () => undefined);
      for (const state of shop.order.orders.values())
        reached.add(state.status === 'cancelled' ? state.reason : state.status);
      for (const state of shop.payment.payments.values()) reached.add(`payment ${state.status}`);
    });
    fc.assert(noted, { numRuns: 300 });
    const orders = ['shipped', 'requested', 'out_of_stock', 'payment_declined', 'payment_timed_out'];
    const payments = ['captured', 'declined', 'refunded', 'cancelled'].map((status) => `payment ${status}`);
    expect([...reached]).toEqual(expect.arrayContaining([...orders, ...payments]));
  });
});
