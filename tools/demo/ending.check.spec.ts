import { describe, expect, it } from '@jest/globals';
import type { OrderView } from './checks/system-view.ts';
import type { AcceptedOrder } from './customer.ts';
import { endingsAreAsPlanned } from './ending.check.ts';
import { lastSku, planOrders, type Ending } from './order-plan.ts';

const warehouse = { lastOnes: { sku: lastSku, onHand: 1 }, scarce: { sku: 'SUGAR-BOWL', onHand: 0 } };
const plan = planOrders('run', warehouse);
const accepted = plan.map((planned, at): AcceptedOrder => ({
  orderId: `order-${at}`,
  planned,
  violations: [],
}));

function ended({ orderId, planned }: AcceptedOrder, ending: Ending | 'paid'): OrderView {
  const status = ending === 'shipped' || ending === 'paid' ? ending : 'cancelled';
  const { userId, lines } = planned.request;
  return { orderId, userId, status, reason: status === 'cancelled' ? ending : null, total: 1, lines };
}

const racers = accepted.filter(({ planned }) => planned.title === 'race for the last item');

/** As planned, the first racer wins. */
const orders = accepted.map((each) =>
  ended(each, each === racers[1] ? 'out_of_stock' : (each.planned.endings[0] ?? 'shipped')),
);

function violations(changed: OrderView[], all = accepted): string[] {
  const byId = new Map(changed.map((order) => [order.orderId, order]));
  return endingsAreAsPlanned(
    all,
    orders.map((order) => byId.get(order.orderId) ?? order),
    lastSku,
  ).violations;
}

describe('the plan', () => {
  it('has 30 orders of 6 users', () => {
    expect(plan).toHaveLength(30);
    expect(new Set(plan.map(({ request }) => request.userId)).size).toBe(6);
  });

  it('has every case', () => {
    const endings = new Set(plan.flatMap((each) => each.endings));
    expect(endings).toEqual(
      new Set(['shipped', 'out_of_stock', 'payment_declined', 'payment_timed_out', 'requested']),
    );
    expect(plan.filter(({ twice }) => twice)).toHaveLength(1);
    expect(racers).toHaveLength(2);
  });
});

describe('the check of the endings', () => {
  it('accepts the plan', () => {
    expect(violations([])).toEqual([]);
  });

  it('notices another ending', () => {
    const [first] = accepted;
    expect(violations(first === undefined ? [] : [ended(first, 'paid')])).toEqual([
      'several in a row: order order-0 ended as paid, not shipped',
    ]);
  });

  it('notices a race that both won, or none', () => {
    expect(violations(racers.map((racer) => ended(racer, 'shipped')))).toEqual([
      `2 of 2 got the last ${lastSku}`,
    ]);
    expect(violations(racers.map((racer) => ended(racer, 'out_of_stock')))).toEqual([
      `0 of 2 got the last ${lastSku}`,
    ]);
  });

  it('notices one order behind two requests, and what was noticed on the way', () => {
    const doubled = accepted.map((each, at) =>
      at === 1 ? { ...each, orderId: 'order-0', violations: ['odd'] } : each,
    );
    expect(violations([], doubled)).toEqual(['odd', 'order order-0 answers two different requests']);
  });
});
