import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PaymentCaptured } from '@orderflow/contracts';
import { Database, migrate } from '@orderflow/database';
import type { BatchEffect } from '@orderflow/messaging';
import { type FreshDatabase, freshDatabase } from '@orderflow/testing';
import type { ProviderCall } from '../domain/payment-decision.ts';
import type { ChargeRequest, PaymentCommand, PaymentState } from '../domain/payment.ts';
import { CancelledOrderStore } from '../store/cancelled-order.store.ts';
import { type KnownPayment, PaymentStore } from '../store/payment.store.ts';
import { type EffectDelivery, SettlePayment } from './settle-payment.ts';

const store = new PaymentStore();
let fresh: FreshDatabase;
let database: Database;
let settle: SettlePayment;

beforeAll(async () => {
  fresh = await freshDatabase('settle_payment');
  database = new Database({ url: fresh.url, applicationName: 'test' });
  await migrate(database, { name: 'payment', directory: new URL('../../migrations/', import.meta.url) });
  settle = new SettlePayment(database, store);
});

afterAll(async () => {
  await database.close();
  await fresh.drop();
});

function requestOf(orderId: string, amount: number): ChargeRequest {
  return { userId: 'ada', orderId, amount: { amount, currency: 'EUR' }, paymentToken: 'tok_approve' };
}

/** Commits the effect in a transaction of its own. What is published counts when that has committed. */
function ownTransaction(published: object[]): EffectDelivery {
  const told: object[] = [];
  return {
    publish: (event) => String(told.push(event)),
    async transactInBatch<Item, Result>(
      effect: BatchEffect<Item, Result>,
      item: Item,
      then?: (result: Result) => void | Promise<void>,
    ) {
      const entry = effect.entry(item);
      await database.transaction(async (tx) => {
        const scope = { tx, published: [] };
        entry.join(scope);
        await then?.(await entry.result(scope));
      });
      published.push(...told);
    },
  };
}

interface Settled {
  /** What the provider was asked, and what was known of the payment then. */
  asked: (KnownPayment & { call: ProviderCall })[];
  published: object[];
  outcome: PromiseSettledResult<void>;
}

/** Settles these at the same time; the provider captures what it is asked to charge. */
async function settleTogether(
  requests: readonly ChargeRequest[],
  beforeAnswer: (request: ChargeRequest) => Promise<void> = () => Promise.resolve(),
): Promise<Settled[]> {
  const settled = requests.map((): Omit<Settled, 'outcome'> => ({ asked: [], published: [] }));
  const outcomes = await Promise.allSettled(
    requests.map(async (request, index) => {
      const { asked = [], published = [] } = settled[index] ?? {};
      const ask = async (call: ProviderCall, known: KnownPayment): Promise<PaymentCommand> => {
        asked.push({ ...known, call });
        await beforeAnswer(request);
        return { type: 'charge-captured', charge: { ...request, paymentId: `ch_${request.orderId}` } };
      };
      await settle.run(ownTransaction(published), request.orderId, { type: 'charge', request }, ask);
    }),
  );
  return settled.map((one, index) => ({
    ...one,
    outcome: outcomes[index] ?? { status: 'rejected', reason: 0 },
  }));
}

async function kept(state: PaymentState, orderId: string): Promise<void> {
  expect(await store.save(database, [{ orderId, state, version: 0 }])).toEqual([1]);
}

describe('payments that are settled at the same time', () => {
  it('are each decided by what is known of themselves', async () => {
    const [fresh, begun, over, contradicted, done] = [1, 2, 3, 4, 5].map((n) => requestOf(randomUUID(), n));
    if (!fresh || !begun || !over || !contradicted || !done) throw new Error('There are five.');
    await kept({ status: 'charging', request: begun }, begun.orderId);
    await new CancelledOrderStore().note(database, over.orderId);
    await kept({ status: 'charging', request: requestOf(contradicted.orderId, 40) }, contradicted.orderId);
    await kept({ status: 'captured', charge: { ...done, paymentId: 'ch_5' } }, done.orderId);
    const settled = await settleTogether([fresh, begun, over, contradicted, done]);
    expect(settled.map(({ outcome }) => outcome.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(settled[3]?.outcome).toMatchObject({ reason: { name: 'PoisonMessage' } });
    expect(settled.map(({ asked }) => asked)).toMatchObject([
      [{ version: 0, isCancelled: false, ageMs: undefined, call: { request: fresh } }],
      [{ version: 1, isCancelled: false, ageMs: expect.any(Number), call: { request: begun } }],
      [{ version: 0, isCancelled: true, ageMs: undefined, call: { request: over } }],
      [],
      [],
    ]);
    expect(settled.map(({ published }) => published)).toMatchObject([
      [{ orderId: fresh.orderId, amount: { amount: 1 } }],
      [{ orderId: begun.orderId, amount: { amount: 2 } }],
      [{ orderId: over.orderId, amount: { amount: 3 } }],
      [],
      [],
    ]);
    expect(settled[0]?.published).toEqual([expect.any(PaymentCaptured)]);
    const ids = [fresh, begun, over, contradicted, done].map(({ orderId }) => orderId);
    expect(
      (await store.load(database, ids)).map(({ state, version }) => `${state.status} ${version}`),
    ).toEqual(['captured 2', 'captured 2', 'captured 2', 'charging 1', 'captured 1']);
  });

  it('are noted before the provider is asked', async () => {
    const requests = [1, 2].map((n) => requestOf(randomUUID(), n));
    const seen: string[] = [];
    await settleTogether(requests, async ({ orderId }) => {
      const [found] = await store.load(database, [orderId]);
      seen.push(String(found?.state.status));
    });
    expect(seen).toEqual(['charging', 'charging']);
  });

  it('publish nothing when another process changed the payment during the call', async () => {
    const [changed, other] = [requestOf(randomUUID(), 1), requestOf(randomUUID(), 2)];
    const settled = await settleTogether([changed, other], async ({ orderId }) => {
      if (orderId !== changed.orderId) return;
      await database.query('UPDATE payment SET version = version + 1 WHERE order_id = $1', [orderId]);
    });
    expect(settled[0]).toMatchObject({ published: [], outcome: { reason: { code: 'PAYMENT_CHANGED' } } });
    expect(settled[1]).toMatchObject({
      published: [{ orderId: other.orderId }],
      outcome: { status: 'fulfilled' },
    });
  });

  it('ask nothing when another process changed the payment before they could note it', async () => {
    const request = requestOf(randomUUID(), 1);
    const { orderId } = request;
    await kept({ status: 'charging', request }, orderId);
    class OvertakenStore extends PaymentStore {
      override async save(...change: Parameters<PaymentStore['save']>): ReturnType<PaymentStore['save']> {
        await database.query('UPDATE payment SET version = version + 1 WHERE order_id = $1', [orderId]);
        return await super.save(...change);
      }
    }
    const overtaken = new SettlePayment(database, new OvertakenStore());
    const ask = (): Promise<never> => Promise.reject(new Error('It was asked.'));
    const command = { type: 'cancel', order: { orderId, userId: 'ada' } } as const;
    await expect(overtaken.run(ownTransaction([]), orderId, command, ask)).rejects.toMatchObject({
      code: 'PAYMENT_CHANGED',
    });
  });

  it('of one order begin one after the other', async () => {
    const request = requestOf(randomUUID(), 1);
    const again = { ...request, orderId: request.orderId.toUpperCase() };
    const beside = requestOf(randomUUID(), 2);
    const settled = await settleTogether([request, again, beside]);
    const keys = settled.slice(0, 2).flatMap(({ asked }) => asked.map(({ call }) => call.idempotencyKey));
    expect(new Set(keys).size).toBe(1);
    expect(settled.slice(0, 2).flatMap(({ published }) => published)).toHaveLength(1);
    expect(settled[2]?.outcome.status).toBe('fulfilled');
  });
});
