import { randomUUID } from 'node:crypto';
import type { OrderRequest } from './shop-client.ts';

/** How an order may end: its final state, with the reason of a cancellation. */
export type Ending = 'shipped' | 'out_of_stock' | 'payment_declined' | 'payment_timed_out' | 'requested';

export interface PlannedOrder {
  /** What it shows. */
  title: string;
  request: OrderRequest;
  idempotencyKey: string;
  /** Any of these. */
  endings: readonly Ending[];
  /** Posted twice at once with one Idempotency-Key. */
  twice: boolean;
  /** Cancelled by the user as soon as it is reserved, while it is being charged. */
  cancelled: boolean;
}

interface Case {
  title: string;
  user: string;
  lines: OrderRequest['lines'];
  token?: string;
  endings?: readonly Ending[];
  twice?: boolean;
  cancelled?: boolean;
}

/** What is on hand of the SKUs that are fought for, so that the plan works on a warehouse of an earlier run too. */
export interface Warehouse {
  /** All of it goes to one of two. */
  lastOnes: { sku: string; onHand: number };
  /** One more than this is ordered. */
  scarce: { sku: string; onHand: number };
}

const one = (sku: string): OrderRequest['lines'] => [{ sku, quantity: 1 }];
const raced: readonly Ending[] = ['shipped', 'requested'];

const paid = (user: string, title: string, token: string, sku: string): Case => ({
  title,
  user,
  lines: one(sku),
  token,
});

function successes(user: string, skus: readonly string[], title: string): Case[] {
  return skus.map((sku) => ({ title, user, lines: one(sku) }));
}

/** In this order for each user; users side by side. */
function cases(warehouse: Warehouse): Case[] {
  return [...plainCases(), ...stockCases(warehouse), ...cancelledCases(), ...paymentCases()];
}

function plainCases(): Case[] {
  return [
    ...successes('ada', ['KETTLE', 'MUG', 'TEAPOT', 'MUG', 'SPOON', 'TRAY', 'COASTER'], 'several in a row'),
    ...successes('ben', ['MUG', 'TEAPOT', 'KETTLE'], 'plain success'),
    { title: 'the same POST twice', user: 'ben', lines: one('TRAY'), twice: true },
    ...successes('eve', ['MUG', 'TEA-TIN'], 'plain success'),
    ...successes('finn', ['STRAINER', 'MUG', 'TEAPOT'], 'plain success'),
  ];
}

function stockCases({ lastOnes, scarce }: Warehouse): Case[] {
  const last = [{ sku: lastOnes.sku, quantity: lastOnes.onHand }];
  const tooMany = [{ sku: scarce.sku, quantity: scarce.onHand + 1 }];
  const race = { title: 'race for the last item', lines: last };
  return [
    { ...race, user: 'cleo', endings: ['shipped', 'out_of_stock'] },
    { ...race, user: 'dev', endings: ['shipped', 'out_of_stock'] },
    { title: 'out of stock', user: 'cleo', lines: [...one('MUG'), ...tooMany], endings: ['out_of_stock'] },
    ...successes('cleo', ['SPOON', 'COASTER', 'STRAINER'], 'plain success'),
  ];
}

function cancelledCases(): Case[] {
  const late = { lines: one('KETTLE'), token: 'tok_timeout_then_approve' };
  return [
    { title: 'cancelled while it is paid', lines: one('MUG') },
    { title: 'cancelled while it is paid', lines: one('TRAY') },
    { title: 'cancelled before a late payment', ...late },
  ].map((each) => ({ ...each, user: 'eve', cancelled: true, endings: raced }));
}

function paymentCases(): Case[] {
  return [
    paid('dev', 'payment times out, then succeeds', 'tok_timeout_then_approve', 'KETTLE'),
    paid('dev', 'payment fails, then succeeds', 'tok_fail_then_approve', 'TEAPOT'),
    ...successes('dev', ['TEA-TIN'], 'plain success'),
    { ...paid('ben', 'payment declined', 'tok_decline', 'MUG'), endings: ['payment_declined'] },
    // Last, because a user's payments are made in order: what came after it would wait for it.
    { ...paid('finn', 'payment never comes', 'tok_never', 'SPOON'), endings: ['payment_timed_out'] },
  ];
}

/** @param run makes users and keys new at each run, on data of an earlier one too */
export function planOrders(run: string, warehouse: Warehouse): PlannedOrder[] {
  return cases(warehouse).map((each) => ({
    title: each.title,
    request: {
      userId: `${each.user}-${run}`,
      email: `${each.user}@example.org`,
      currency: 'EUR',
      paymentToken: each.token ?? 'tok_approve',
      lines: each.lines,
    },
    idempotencyKey: randomUUID(),
    endings: each.endings ?? ['shipped'],
    twice: each.twice ?? false,
    cancelled: each.cancelled ?? false,
  }));
}

/** Pieces that the plan needs of each SKU, so that nothing but what is meant to be is out of stock. */
export const supplies: Readonly<Record<string, number>> = {
  KETTLE: 10,
  MUG: 20,
  TEAPOT: 10,
  'TEA-TIN': 10,
  STRAINER: 10,
  TRAY: 10,
  SPOON: 10,
  COASTER: 10,
};

export const lastSku = 'LAST-ONE';
export const scarceSku = 'SUGAR-BOWL';
