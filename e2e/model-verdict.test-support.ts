import { expect } from '@jest/globals';
import type { ModelShop, ShopPlan } from './model-shop.test-support.ts';

/** Holds at every moment. */
export function expectConserved(shop: ModelShop, { stock }: ShopPlan): void {
  for (const [sku, received] of stock) {
    const { onHand, reserved, shipped } = shop.inventory.levels.get(sku) ?? {
      onHand: 0,
      reserved: 0,
      shipped: 0,
    };
    // Asked after each step: `expect` would take most of the time.
    if (onHand + reserved + shipped === received && Math.min(onHand, reserved, shipped) >= 0) continue;
    throw new Error(`${received} of ${sku} became ${onHand} + ${reserved} + ${shipped}`);
  }
}

/** Holds when nothing can happen any more. */
export function expectSettled(shop: ModelShop, plan: ShopPlan): void {
  expect(shop.order.orders.size).toBe(plan.orders.length);
  const shipped = new Map<string, number>();
  for (const { orderId, lines, total } of plan.orders) {
    const state = shop.order.orders.get(orderId);
    expect(['shipped', 'cancelled']).toContain(state?.status);
    const isShipped = state?.status === 'shipped';
    expect(shop.provider.heldFor(orderId)).toBe(isShipped ? total.amount : 0);
    expect(published(shop, orderId)).toBe(isShipped ? total.amount : 0);
    if (isShipped)
      for (const { sku, quantity } of lines) shipped.set(sku, (shipped.get(sku) ?? 0) + quantity);
  }
  for (const [sku, level] of shop.inventory.levels)
    expect([sku, level.reserved, level.shipped]).toEqual([sku, 0, shipped.get(sku) ?? 0]);
  expectToldInOrder(shop);
}

/** Captured less refunded, as the payment service has published it; what is stored twice counts once. */
function published(shop: ModelShop, orderId: string): number {
  let sum = 0;
  const seen = new Set<string>();
  for (const { id, fact } of [...shop.stored.values()].flat()) {
    if (fact.stream !== 'PAYMENTS' || fact.event.data.orderId !== orderId || seen.has(id)) continue;
    seen.add(id);
    if (fact.event.type === 'captured') sum += fact.event.data.amount.amount;
    if (fact.event.type === 'refunded') sum -= fact.event.data.amount.amount;
  }
  return sum;
}

const TOLD = new Set(['created', 'paid', 'shipped', 'cancelled']);
const LIVES = ['created,paid,shipped', 'created,cancelled'];

/** Each fact is one e-mail, and each user gets them in the order in which the facts became true. */
function expectToldInOrder(shop: ModelShop): void {
  const { mails } = shop.notification;
  for (const [userId, told] of Map.groupBy(mails, (mail) => mail.userId)) {
    const facts = new Map(
      (shop.stored.get(`ORDERS/${userId}`) ?? [])
        .filter(({ fact }) => TOLD.has(fact.event.type))
        .map(({ id, fact }) => [id, `${fact.event.data.orderId} ${fact.event.type}`]),
    );
    expect(told.map((mail) => `${mail.orderId} ${mail.fact}`)).toEqual([...facts.values()]);
  }
  for (const life of Map.groupBy(mails, (mail) => mail.orderId).values())
    expect(LIVES).toContain(life.map((mail) => mail.fact).join());
}
