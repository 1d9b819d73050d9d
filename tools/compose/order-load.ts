import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { supplies } from '../demo/order-plan.ts';
import type { OrderRequest, ShopClient } from '../demo/shop-client.ts';

/** Orders of several users at once, each user's one after the other, until it is told to stop. */
export interface OrderLoad {
  readonly users: readonly string[];
  /** Ids of the orders that were answered with 201. */
  readonly accepted: string[];
  /** Resolves when the last order that was asked for is answered. */
  readonly ended: Promise<unknown>;
}

const userCount = 8;
/** Between two orders of a user: a load that leaves room to catch up after a break. */
const paceMs = 800;
const retryMs = 300;
const plenty = 100_000;
const created = 201;

const skus = Object.keys(supplies);
const tokens = ['tok_approve', 'tok_approve', 'tok_fail_then_approve', 'tok_approve', 'tok_decline'] as const;

/** @param run makes users new at each run */
export async function startLoad(shop: ShopClient, run: string, stop: AbortSignal): Promise<OrderLoad> {
  for (const sku of skus) await shop.receive(sku, plenty);
  const users = Array.from({ length: userCount }, (_, at) => `load-${run}-${at}`);
  const accepted: string[] = [];
  const order = async (user: string): Promise<void> => {
    for (let number = 0; !stop.aborted; number += 1) {
      accepted.push(await insist(shop, orderOf(user, number)));
      await pause(paceMs, stop);
    }
  };
  return { users, accepted, ended: Promise.all(users.map(order)) };
}

function orderOf(user: string, number: number): OrderRequest {
  return {
    userId: user,
    email: `${user}@example.org`,
    currency: 'EUR',
    paymentToken: tokens[number % tokens.length] ?? 'tok_approve',
    lines: [{ sku: skus[number % skus.length] ?? 'MUG', quantity: 1 }],
  };
}

/** Asks until the shop answers, as a customer does whose connection broke: with the same key, so it is one order. */
async function insist(shop: ShopClient, request: OrderRequest): Promise<string> {
  const key = randomUUID();
  for (;;) {
    const answer = await shop.place(request, key).catch(() => undefined); // Cut off: ask again.
    if (answer?.status === created) return answer.body.orderId;
    // 409: the first one is still running. 5xx: it could not be served. Anything else will never be accepted.
    if (answer !== undefined && answer.status !== 409 && answer.status < 500)
      throw new Error(`POST /orders answered ${answer.status}: ${answer.body.detail ?? ''}`);
    await delay(retryMs);
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stop }).catch(() => undefined); // Cut short by the stop.
}
