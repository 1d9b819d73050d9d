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

function successes(user: string, skus: readonly string[], title: string): Case[] {
  return skus.map((sku) => ({ title, user, lines: one(sku) }));
}

/** In this order for each user; users side by side. */
function cases({ lastOnes, scarce }: Warehouse): Case[] {
  const last = [{ sku: lastOnes.sku, quantity: lastOnes.onHand }];
  const race = {
    title: 'race for the last item',
    lines: last,
    endings: ['shipped', 'out_of_stock'] as const,
  };
  const tooMany = [{ sku: scarce.sku, quantity: scarce.onHand + 1 }];
  return [
    ...successes('ada', ['KETTLE', 'MUG', 'TEAPOT', 'MUG', 'SPOON', 'TRAY', 'COASTER'], 'several in a row'),
    ...successes('ben', ['MUG', 'TEAPOT', 'KETTLE'], 'plain success'),
    {
      title: 'payment declined',
      user: 'ben',
      lines: one('MUG'),
      token: 'tok_decline',
      endings: ['payment_declined'],
    },
    { title: 'the same POST twice', user: 'ben', lines: one('TRAY'), twice: true },
    { ...race, user: 'cleo' },
    { title: 'out of stock', user: 'cleo', lines: [...one('MUG'), ...tooMany], endings: ['out_of_stock'] },
    ...successes('cleo', ['SPOON', 'COASTER', 'STRAINER'], 'plain success'),
    { ...race, user: 'dev' },
    {
      title: 'payment times out, then succeeds',
      user: 'dev',
      lines: one('KETTLE'),
      token: 'tok_timeout_then_approve',
    },
    {
      title: 'payment fails, then succeeds',
      user: 'dev',
      lines: one('TEAPOT'),
      token: 'tok_fail_then_approve',
    },
    ...successes('dev', ['TEA-TIN'], 'plain success'),
    { title: 'cancelled while it is paid', user: 'eve', lines: one('MUG'), cancelled: true, endings: raced },
    { title: 'cancelled while it is paid', user: 'eve', lines: one('TRAY'), cancelled: true, endings: raced },
    {
      title: 'cancelled before a late payment',
      user: 'eve',
      lines: one('KETTLE'),
      token: 'tok_timeout_then_approve',
      cancelled: true,
      endings: raced,
    },
    ...successes('eve', ['MUG', 'TEA-TIN'], 'plain success'),
    ...successes('finn', ['STRAINER', 'MUG', 'TEAPOT'], 'plain success'),
    // Last, because a user's payments are made in order: what came after it would wait for it.
    {
      title: 'payment never comes',
      user: 'finn',
      lines: one('SPOON'),
      token: 'tok_never',
      endings: ['payment_timed_out'],
    },
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
