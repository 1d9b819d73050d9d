import { connect, type NatsConnection } from '@nats-io/transport-node';
import { judge, type Verdict } from './checks/all-checks.ts';
import { groupBy } from './checks/finding.ts';
import { SystemReader } from './checks/read-system.ts';
import type { Scope, SystemAddresses } from './checks/system-view.ts';
import { untilQuiet } from './checks/until-quiet.ts';
import { placeOrders, type AcceptedOrder, type Customer } from './customer.ts';
import { settleDeadlineMs } from './demo-settings.ts';
import { publishAgain, publishMalformed } from './disturbance.ts';
import { endingsAreAsPlanned } from './ending.check.ts';
import { FactFeed } from './fact-feed.ts';
import { liveScreen, type LiveScreen } from './live-screen.ts';
import { OrderBoard } from './order-board.ts';
import { lastSku, planOrders, scarceSku, supplies, type PlannedOrder } from './order-plan.ts';
import { ShopClient } from './shop-client.ts';

export interface DemoSystem extends SystemAddresses {
  order: string;
  inventory: string;
}

export interface DemoResult {
  settled: number;
  verdicts: Verdict[];
}

/** One run: what it needs at every step. */
interface Run {
  nats: NatsConnection;
  customer: Customer;
  plan: PlannedOrder[];
  users: string[];
  /** The user whose message nobody can read. */
  vandal: string;
  /** Ctrl-C. */
  interrupted: AbortSignal;
}

/** Places the orders, disturbs them, waits until all is quiet and judges. Leaves its orders and its users behind. */
export async function runDemo(system: DemoSystem, interrupted: AbortSignal): Promise<DemoResult> {
  const nats = await connect({ servers: [...system.nats], name: 'demo', maxReconnectAttempts: -1 });
  const reader = await SystemReader.open(system);
  try {
    const run = await prepare(system, nats, interrupted);
    const screen = liveScreen(run.customer.board, run.plan.length);
    try {
      return await watch(run, screen, reader);
    } finally {
      screen.close();
    }
  } finally {
    await reader.close();
    await nats.close();
  }
}

async function prepare(system: DemoSystem, nats: NatsConnection, interrupted: AbortSignal): Promise<Run> {
  const shop = new ShopClient(system);
  for (const [sku, quantity] of Object.entries(supplies)) await shop.receive(sku, quantity);
  await shop.receive(lastSku, 1);
  const name = Date.now().toString(36);
  const lastOnes = { sku: lastSku, onHand: await shop.onHand(lastSku) };
  const plan = planOrders(name, {
    lastOnes,
    scarce: { sku: scarceSku, onHand: await shop.onHand(scarceSku) },
  });
  const users = [...new Set(plan.map(({ request }) => request.userId))];
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(settleDeadlineMs)]);
  const customer = { shop, board: new OrderBoard(), signal };
  return { nats, customer, plan, users, vandal: `mallory-${name}`, interrupted };
}

async function watch(run: Run, screen: LiveScreen, reader: SystemReader): Promise<DemoResult> {
  const { customer, plan, users, vandal } = run;
  const { board } = customer;
  const listener = {
    fact: (fact: Parameters<LiveScreen['fact']>[0]) => [board, screen].forEach((each) => each.fact(fact)),
    deadLetter: (dead: Parameters<LiveScreen['deadLetter']>[0]) =>
      [board, screen].forEach((each) => each.deadLetter(dead)),
  };
  const feed = await FactFeed.open(run.nats, [...users, vandal], listener);
  const [accepted, poison] = await Promise.all([placeAll(run), publishMalformed(run.nats, vandal)]);
  const repeated = await repeatPayment(run, accepted);
  const scope: Scope = {
    users: [...users, vandal],
    accepted: accepted.map(({ orderId }) => orderId),
    poison: [poison],
  };
  const view = await untilQuiet(reader, () => scope, {
    deadlineMs: settleDeadlineMs,
    signal: run.interrupted,
  });
  await feed.close();
  const endings = {
    promise: 'each order ended as its case demands',
    ...endingsAreAsPlanned(accepted, view.orders, lastSku),
  };
  const settled = view.orders.filter(({ status }) => status === 'shipped' || status === 'cancelled').length;
  const duplicate = { promise: 'a message published twice under one id is stored once', ...repeated };
  const complete = {
    promise: 'as many orders as were planned',
    lookedAt: plan.length,
    violations: missing(plan, view.orders),
  };
  return { settled, verdicts: [complete, endings, duplicate, ...judge(view)] };
}

/** Users side by side. */
async function placeAll({ customer, plan }: Run): Promise<AcceptedOrder[]> {
  const byUser = [...groupBy(plan, ({ request }) => request.userId).values()];
  return (await Promise.all(byUser.map((orders) => placeOrders(customer, orders)))).flat();
}

/** A payment that has been captured is told once more, under the same id. */
async function repeatPayment(
  { nats, customer }: Run,
  [first]: readonly AcceptedOrder[],
): Promise<{ lookedAt: number; violations: string[] }> {
  // One that has run out of time is not there, and is reported as that.
  const captured = { stream: 'PAYMENTS', event: 'captured', orderId: first?.orderId ?? '' };
  await customer.board.until(captured, customer.signal);
  const fact = customer.board.find(captured);
  if (fact === undefined) return { lookedAt: 0, violations: ['no payment was captured'] };
  const { duplicate, seq } = await publishAgain(nats, fact);
  const stored = duplicate ? [] : [`PAYMENTS ${fact.sequence} was stored once more, as ${seq}`];
  return { lookedAt: 1, violations: stored };
}

function missing(plan: readonly unknown[], orders: readonly unknown[]): string[] {
  return plan.length === orders.length
    ? []
    : [`${plan.length} orders were planned, ${orders.length} are there`];
}
