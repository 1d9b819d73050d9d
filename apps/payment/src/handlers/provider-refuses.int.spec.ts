import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import { deadLetterOf, deadLettersOf, editBody, redrive } from '../dead-letters.test-support.ts';
import { newOrder, type PaymentService, startPayment } from '../payment-service.test-support.ts';
import {
  type ReceivedCall,
  type ScriptedAnswer,
  type ScriptedProvider,
  startScriptedProvider,
} from '../provider/scripted-provider.test-support.ts';

/** The charge that the scripted provider makes for a key. */
const chargeIdOf = (idempotencyKey: string): string => `ch_${idempotencyKey.slice(-12)}`;

function approving({ route, idempotencyKey }: ReceivedCall): ScriptedAnswer {
  if (route === '/charges/cancel') return { status: 200, body: { status: 'cancelled' } };
  return { status: 201, body: { chargeId: chargeIdOf(idempotencyKey) } };
}

/** Refuses charges for good, as for a request that it cannot read. */
const refusing = (call: ReceivedCall): ScriptedAnswer =>
  call.route === '/charges' ? { status: 422, body: { code: 'amount_invalid' } } : approving(call);

describe('a provider that refuses', () => {
  let provider: ScriptedProvider;
  let payment: PaymentService;

  beforeAll(async () => {
    provider = await startScriptedProvider(approving);
    payment = await startPayment({ PAYMENT_PROVIDER_URL: provider.url, PAYMENT_GIVE_UP_MS: '600000' });
  });

  afterAll(async () => {
    await payment.stop();
    await provider.stop();
  });

  beforeEach(() => provider.follow(approving));

  const callsOf = ({ key }: { key: string }): string[] =>
    provider.calls.filter(({ idempotencyKey }) => idempotencyKey === key).map(({ route }) => route);

  it.each([401, 403, 404, 405, 307, 429])(
    'our access with %d condemns no payment: all wait, and are charged once it is granted',
    async (status) => {
      provider.follow(() => ({ status, headers: { location: provider.url } }));
      const orders = Array.from({ length: 10 }, () => newOrder('tok_approve'));
      const before = provider.calls.length;
      await payment.orders.publish(...orders.map(({ reserved }) => reserved));
      await eventually(() => provider.calls.length >= before + 2, { what: 'the provider is probed again' });
      const attempts = await payment.database.query('SELECT 1 FROM messaging.attempt');
      const parked = await payment.database.query(`SELECT 1 FROM messaging.parked WHERE state = 'dead'`);
      expect({ attempts, parked }).toEqual({ attempts: [], parked: [] });
      provider.follow(approving);
      for (const { orderId } of orders) await payment.settled(orderId, 'captured');
      for (const order of orders) expect(callsOf(order).at(-1)).toBe('/charges');
    },
  );

  it('a payment for good makes a dead letter of it alone', async () => {
    const order = newOrder('tok_approve');
    const other = newOrder('tok_approve');
    provider.follow((call) => (call.idempotencyKey === order.key ? refusing(call) : approving(call)));
    await payment.orders.publish(order.reserved, other.reserved);
    await payment.settled(other.orderId, 'captured');
    expect((await deadLetterOf(payment, order.userId)).reason).toContain('422 (amount_invalid)');
  });

  it('a redriven charge is withdrawn, not charged, when its order was cancelled meanwhile', async () => {
    const order = newOrder('tok_approve');
    provider.follow(refusing);
    await payment.orders.publish(order.reserved);
    const dead = await deadLetterOf(payment, order.userId);
    await payment.orders.publish(order.cancelled);
    await eventually(() => noted(order.orderId), { what: 'the cancellation is noted' });
    provider.follow(approving);
    await redrive(payment, dead);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'order_cancelled' }]);
    await payment.drained(order.userId);
    expect(callsOf(order)).toEqual(['/charges', '/charges/cancel']);
  });

  it('a redriven charge is withdrawn, not charged, when its time is over', async () => {
    const order = newOrder('tok_approve');
    provider.follow(refusing);
    await payment.orders.publish(order.reserved);
    const dead = await deadLetterOf(payment, order.userId);
    // As if it had been dead for longer than PAYMENT_GIVE_UP_MS.
    await payment.database.query(
      `UPDATE payment SET created_at = created_at - interval '11 minutes' WHERE order_id = $1`,
      [order.orderId],
    );
    provider.follow(approving);
    await redrive(payment, dead);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'provider_timeout' }]);
    expect(callsOf(order)).toEqual(['/charges', '/charges/cancel']);
  });

  it('a redriven charge of an order that still waits is charged', async () => {
    const order = newOrder('tok_approve');
    provider.follow(refusing);
    await payment.orders.publish(order.reserved);
    const dead = await deadLetterOf(payment, order.userId);
    provider.follow(approving);
    await redrive(payment, dead);
    await payment.settled(order.orderId, 'captured');
  });

  it('an edited amount is refused by name, not ignored, once the charge has begun', async () => {
    const order = newOrder('tok_approve');
    provider.follow(refusing);
    await payment.orders.publish(order.reserved);
    const dead = await deadLetterOf(payment, order.userId);
    await editBody(payment, dead, { ...order.reserved, total: { amount: 1, currency: 'EUR' } });
    provider.follow(approving);
    await redrive(payment, dead);
    const again = await deadLetterOf(payment, order.userId, 2);
    expect(again.reason).toContain('another amount');
    expect(callsOf(order)).toEqual(['/charges']);
  });

  it.each(['ch:2026/1020.é', '😀 1', 'x'.repeat(1_000)])(
    'a charge id that our facts cannot carry (%j) is told by a reference, and given back under its own name',
    async (chargeId) => {
      const order = newOrder('tok_approve');
      provider.follow((call) =>
        call.route === '/charges' ? { status: 201, body: { chargeId } } : approving(call),
      );
      await payment.orders.publish(order.reserved);
      await payment.settled(order.orderId, 'captured');
      await payment.orders.publish(order.cancelled);
      const [captured, refunded] = await payment.settled(order.orderId, 'captured', 'refunded');
      expect(captured?.paymentId).toMatch(/^ref_[A-Za-z0-9_-]{43}$/);
      expect(refunded?.paymentId).toBe(captured?.paymentId);
      expect(provider.callsTo('/refunds').at(-1)).toMatchObject({ body: { chargeId } });
      expect(await payment.get(`/payments/${order.orderId}`)).toMatchObject({
        body: { paymentId: captured?.paymentId, providerChargeId: chargeId },
      });
    },
  );

  it.each(['', 'a\0b', '\ud800', 'x'.repeat(2_000)])(
    'a charge id that cannot even be stored (%j) is given back at once',
    async (chargeId) => {
      const order = newOrder('tok_approve');
      const body = { chargeId };
      provider.follow((call) => (call.route === '/charges' ? { status: 201, body } : approving(call)));
      await payment.orders.publish(order.reserved);
      expect(await payment.settled(order.orderId, 'declined')).toMatchObject([
        { code: 'unusable_charge_id' },
      ]);
      const key = `refund-${order.orderId}`;
      expect(provider.callsTo('/refunds').at(-1)).toEqual({ route: '/refunds', idempotencyKey: key, body });
      expect(await deadLettersOf(payment, order.userId)).toEqual([]);
    },
  );

  async function noted(orderId: string): Promise<boolean> {
    return (
      (await payment.database.query('SELECT 1 FROM cancelled_order WHERE order_id = $1', [orderId])).length >
      0
    );
  }
});
