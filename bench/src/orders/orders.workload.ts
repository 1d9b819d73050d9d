import { freePort } from '@orderflow/embedded';
import type { Figures, Turn, Workload } from '../harness/workload.ts';
import type { PartHandle } from '../part/part-handle.ts';
import { partModule } from '../part/part-handle.ts';
import { Shop } from './shop.ts';

const CONNECTIONS = 256;
/** Orders a second that are wanted. */
const PEAK = 5_800;
const LIVES = { full: 2_000, quick: 300 };
const ACCEPT_MS = { full: 10_000, quick: 2_000 };

const size = <T>({ quick }: Turn, { full, quick: little }: { full: T; quick: T }): T =>
  quick ? little : full;
const ratePerSecond = ({ count, ms }: { count: number; ms: number }): number => (count / ms) * 1_000;

async function withShop(
  turn: Turn,
  work: (shop: Shop, load: PartHandle) => Promise<Figures>,
): Promise<Figures> {
  const shop = await Shop.open(turn.signal);
  try {
    const load = await loadOn(turn, shop.url, '/orders');
    await load.go({ count: size(turn, LIVES) / 4 });
    await shop.mailed(turn.signal);
    return await work(shop, load);
  } finally {
    await shop.close();
  }
}

const loadOn = (turn: Turn, url: string, path: string): Promise<PartHandle> =>
  turn.startPart(partModule('./requests.part', import.meta.url), { url, path, connections: CONNECTIONS });

/** Everything else runs as well: what was accepted is relayed, reserved, paid, shipped and mailed meanwhile. */
const accept = (turn: Turn): Promise<Figures> => withShop(turn, (shop, load) => acceptFor(turn, shop, load));

async function acceptFor(turn: Turn, shop: Shop, load: PartHandle): Promise<Figures> {
  const { placed: before } = await shop.counts();
  const done = await load.go({ ms: size(turn, ACCEPT_MS) });
  const { placed } = await shop.counts();
  if (placed - before !== done.count)
    throw new Error(`${String(done.count)} orders were accepted, ${String(placed - before)} are stored`);
  return { rate: ratePerSecond(done) };
}

/** The same with nobody who works off what was accepted: what the order service can take by itself. */
const acceptAlone = (turn: Turn): Promise<Figures> =>
  withShop(turn, (shop, load) => shop.whileOthersStop(() => acceptFor(turn, shop, load)));

/** From the first request to the moment when the last mail of the last order is sent. */
const live = (turn: Turn): Promise<Figures> =>
  withShop(turn, async (shop, load) => {
    const count = size(turn, LIVES);
    const beganAt = performance.now();
    await load.go({ count });
    await shop.mailed(turn.signal);
    return { rate: ratePerSecond({ count, ms: performance.now() - beganAt }) };
  });

async function selectOne(turn: Turn): Promise<Figures> {
  const port = await freePort();
  const { postgres } = turn.addresses;
  await turn.startPart(partModule('./select-one.part', import.meta.url), { postgres, port });
  const load = await loadOn(turn, `http://127.0.0.1:${String(port)}`, '/one');
  await load.go({ ms: turn.warmUpMs });
  return { rate: ratePerSecond(await load.go({ ms: size(turn, ACCEPT_MS) })) };
}

const options = { connections: CONNECTIONS };

export const ordersWorkload: Workload = {
  name: 'orders',
  title: 'Orders, by POST /orders with an Idempotency-Key each, 5,000 users',
  figures: [{ name: 'rate', unit: '1/s', better: 'more' }],
  comparedWith: 'SELECT 1 handler',
  contestants: [
    { name: 'SELECT 1 handler', role: 'limit', options, servers: ['postgres'], turn: selectOne },
    {
      name: 'accepted',
      role: 'ours',
      options: { ...options, services: 'all of them run and work off' },
      servers: [],
      turn: accept,
    },
    {
      name: 'accepted, others stopped',
      role: 'ours',
      options: {
        ...options,
        services: 'order runs; payment, inventory and notification are stopped by SIGSTOP',
      },
      servers: [],
      turn: acceptAlone,
    },
    {
      name: 'whole lives',
      role: 'ours',
      options: { ...options, orders: LIVES.full, until: 'shipped, three mails sent' },
      servers: [],
      turn: live,
    },
  ],
  goals: [
    { contestant: 'accepted', figure: 'rate', bound: { atLeast: PEAK } },
    { contestant: 'accepted, others stopped', figure: 'rate', bound: { atLeast: PEAK } },
  ],
};
