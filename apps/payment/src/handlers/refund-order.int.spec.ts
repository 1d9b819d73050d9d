import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PaymentStore } from '../store/payment.store.ts';
import { newOrder, type PaymentService, startPayment } from '../payment-service.test-support.ts';

const NONE = 0;

describe('order.cancelled', () => {
  let payment: PaymentService;

  beforeAll(async () => {
    payment = await startPayment();
  });

  afterAll(async () => {
    await payment.stop();
  });

  /** As a process leaves it that died while it was charging, and whose message was then discarded. */
  async function leftCharging(order: ReturnType<typeof newOrder>): Promise<void> {
    const { orderId, userId, total, paymentToken } = order.reserved;
    const request = { orderId, userId, amount: total, paymentToken };
    const change = { orderId, state: { status: 'charging', request } as const, version: NONE };
    await new PaymentStore().save(payment.database, [change]);
  }

  it('gives back what was captured, once', async () => {
    const order = newOrder('tok_approve');
    await payment.orders.publish(order.reserved);
    await payment.settled(order.orderId, 'captured');
    await payment.orders.publish(order.cancelled, order.cancelled);
    await payment.drained(order.userId);
    const [captured, refunded] = await payment.settled(order.orderId, 'captured', 'refunded');
    expect(refunded).toMatchObject({ paymentId: captured?.paymentId, amount: captured?.amount });
    expect(await payment.sandbox.chargesOf(order.key)).toMatchObject([{ status: 'refunded' }]);
    expect(await payment.get(`/payments/${order.orderId}`)).toMatchObject({ body: { status: 'refunded' } });
  });

  it('keeps an order that was never charged from being charged later', async () => {
    const order = newOrder('tok_approve');
    await payment.orders.publish(order.cancelled, order.reserved);
    await payment.drained(order.userId);
    expect(await payment.facts(order.orderId)).toEqual([]);
    expect(await payment.sandbox.chargesOf(order.key)).toEqual([]);
    expect(await payment.get(`/payments/${order.orderId}`)).toMatchObject({
      body: { status: 'cancelled', amount: null },
    });
  });

  it('has nothing to give back after a decline', async () => {
    const order = newOrder('tok_decline');
    await payment.orders.publish(order.reserved);
    await payment.settled(order.orderId, 'declined');
    await payment.orders.publish(order.cancelled);
    await payment.drained(order.userId);
    await payment.settled(order.orderId, 'declined');
  });

  it('withdraws a charge of which nobody knows whether it was made: it was not', async () => {
    const order = newOrder('tok_approve');
    await leftCharging(order);
    await payment.orders.publish(order.cancelled);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'order_cancelled' }]);
    expect(await payment.sandbox.chargesOf(order.key)).toEqual([]);
  });

  it('withdraws a charge of which nobody knows whether it was made: it was, and goes back', async () => {
    const order = newOrder('tok_approve');
    await leftCharging(order);
    const { amount, currency } = order.reserved.total;
    await payment.sandbox.charge(order.key, { amount, currency, token: order.reserved.paymentToken });
    await payment.orders.publish(order.cancelled);
    await payment.settled(order.orderId, 'captured', 'refunded');
    expect(await payment.sandbox.chargesOf(order.key)).toMatchObject([{ status: 'refunded' }]);
  });

  it('waits in its lane while the provider is away', async () => {
    const order = newOrder('tok_approve');
    await payment.orders.publish(order.reserved);
    await payment.settled(order.orderId, 'captured');
    await payment.sandbox.kill();
    await payment.orders.publish(order.cancelled);
    await payment.sandbox.restart();
    await payment.settled(order.orderId, 'captured', 'refunded');
  });
});
