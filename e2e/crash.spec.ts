import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { FactFeed, type LiveFact, type PlacedOrder, type SystemView } from '@orderflow/tools';
import { type OrderWish, TestShop } from './test-shop.test-support.ts';

let shop: TestShop;

beforeAll(async () => {
  const payment = { PROVIDER_TIMEOUT_MS: '500', PROVIDER_BREAKER_OPEN_MS: '200' };
  shop = await TestShop.start({ environment: { payment } });
});

afterAll(() => shop.stop(), 60_000);

const ordersEach = 3;
const mix: readonly OrderWish[] = [
  {},
  { paymentToken: 'tok_fail_then_approve' },
  { paymentToken: 'tok_decline' },
  {
    lines: [
      { sku: 'KETTLE', quantity: 2 },
      { sku: 'SPOON', quantity: 1 },
    ],
  },
];

/** Asks until the shop answers, as a customer does whose connection broke: with the same key, so it is one order. */
async function insist(userId: string, wish: OrderWish): Promise<PlacedOrder> {
  const key = randomUUID();
  const ask = async () => {
    const answer = await shop.client.place(shop.wish(userId, wish), key);
    return answer.status === 201 && answer;
  };
  return shop.accepted(await eventually(ask, { what: `an order of ${userId} is accepted` }));
}

/** Orders of several users at once, each user's one after the other. */
async function underLoad(round: string): Promise<void> {
  const users = mix.map((wish, at) => ({ userId: `${round}-${at}`, wish }));
  await Promise.all(
    users.map(async ({ userId, wish }) => {
      for (let at = 0; at < ordersEach; at += 1) await insist(userId, wish);
    }),
  );
}

/** Kills the part at the moment of the first such fact of the round. */
async function killAt(
  round: string,
  label: string,
  isMoment: (fact: LiveFact) => boolean,
): Promise<() => Promise<boolean>> {
  const users = mix.map((_, at) => `${round}-${at}`);
  let killed = false;
  const fact = (each: LiveFact): void => {
    if (killed || !isMoment(each)) return;
    killed = true;
    shop.stack.kill(label);
  };
  const feed = await FactFeed.open(shop.nats, users, { fact, deadLetter: () => undefined });
  return async () => {
    await feed.close();
    return killed;
  };
}

/** Services are waited for until they consume again, not only until they serve HTTP. */
function healthOf(label: string): string {
  return label === 'payment-sandbox' ? '/health/ready' : '/health/messaging';
}

async function isReady(label: string): Promise<boolean> {
  const { pid, url } = shop.stack.part(label);
  if (pid === undefined) return false;
  const path = label === 'smtp' ? '/health' : healthOf(label);
  return url.startsWith('http') ? (await fetch(`${url}${path}`)).ok : true;
}

async function allFinal(): Promise<boolean> {
  const [row] = await shop.reader.databases
    .of('order')
    .query<{ open: number }>(
      `SELECT count(*) AS open FROM orders WHERE status NOT IN ('shipped', 'cancelled')`,
    );
  return row?.open === 0;
}

// E-mails are left to the last check: what a killed mailer held is delivered again only after the ack deadline.
afterEach(async () => {
  for (const { label } of shop.stack.parts()) {
    await eventually(() => isReady(label), { what: `${label} is ready again` });
  }
  await eventually(allFinal, { what: 'every order is final' });
});

describe('kill -9 loses nothing, repeats nothing and keeps order:', () => {
  it.each([
    ['order', 'ORDERS', 'created'],
    ['inventory', 'ORDERS', 'created'],
    ['order', 'INVENTORY', 'reserved'],
    ['payment', 'ORDERS', 'reserved'],
    ['payment', 'PAYMENTS', 'captured'],
    ['order', 'PAYMENTS', 'declined'],
    ['inventory', 'ORDERS', 'paid'],
    ['inventory', 'ORDERS', 'cancelled'],
    ['order', 'INVENTORY', 'shipped'],
    ['notification', 'ORDERS', 'created'],
    ['notification', 'NOTIFICATIONS', 'email-requested'],
    ['notification', 'NOTIFICATIONS', 'email-sent'],
  ])(
    'of %s at %s %s',
    async (label, stream, event) => {
      const round = `${label}-${stream}-${event}`;
      const before = shop.stack.part(label).pid;
      const wasKilled = await killAt(round, label, (fact) => fact.stream === stream && fact.event === event);
      await underLoad(round);
      const died = (): boolean => shop.stack.part(label).pid !== before;
      await eventually(died, { what: `${label} is killed` });
      expect(await wasKilled()).toBe(true);
    },
    60_000,
  );

  it.each(['nats', 'postgres', 'payment-sandbox', 'smtp'])(
    'of %s in the middle',
    async (label) => {
      const before = shop.stack.part(label).pid;
      const load = underLoad(`under-${label}`);
      await insist(`under-${label}-witness`, {});
      shop.stack.kill(label);
      await load;
      await eventually(() => shop.stack.part(label).pid !== before, {
        what: `${label} is killed`,
      });
    },
    60_000,
  );

  it('of every service at once', async () => {
    const load = underLoad('all-at-once');
    await insist('all-at-once-witness', {});
    for (const label of ['order', 'payment', 'inventory', 'notification']) shop.stack.kill(label);
    await load;
  });
});

it('a polite restart of each service under load is not noticed', async () => {
  const load = underLoad('polite');
  for (const label of ['inventory', 'payment', 'notification', 'order']) await shop.stack.restart(label);
  await load;
});

/** SMTP has no ids: a crash between the server's yes and our note of it sends the e-mail again, under one Message-ID. */
const copiesOfMailCountOnce = (view: SystemView): SystemView => ({
  ...view,
  mails: [...new Set(view.mails)],
});

it(
  'after all that, every promise is kept',
  () => shop.expectEveryPromiseKept(copiesOfMailCountOnce),
  120_000,
);
