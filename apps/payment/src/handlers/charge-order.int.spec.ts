import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newOrder, type PaymentService, startPayment } from '../payment-service.test-support.ts';

const TOTAL = { amount: 4_788, currency: 'EUR' };

describe('order.reserved', () => {
  let payment: PaymentService;

  beforeAll(async () => {
    payment = await startPayment();
  });

  afterAll(async () => {
    await payment.stop();
  });

  it.each(['tok_approve', 'tok_timeout_then_approve', 'tok_fail_then_approve'])(
    'charges the order once with %s and says so',
    async (token) => {
      const order = newOrder(token);
      await payment.orders.publish(order.reserved);
      const [captured] = await payment.settled(order.orderId, 'captured');
      const [charge] = await payment.sandbox.chargesOf(order.key);
      expect(captured).toMatchObject({ amount: TOTAL, paymentId: charge?.chargeId });
      expect(await payment.get(`/payments/${order.orderId}`)).toMatchObject({
        status: 200,
        body: { orderId: order.orderId, status: 'captured', amount: TOTAL, paymentId: charge?.chargeId },
      });
    },
  );

  it('says why a charge was declined', async () => {
    const order = newOrder('tok_decline');
    await payment.orders.publish(order.reserved);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'card_declined' }]);
    expect(await payment.get(`/payments?orderId=${order.orderId}`)).toMatchObject({
      status: 200,
      body: { payments: [{ status: 'declined', declineCode: 'card_declined', paymentId: null }] },
    });
  });

  it('charges once when the fact is published twice under two ids', async () => {
    const order = newOrder('tok_approve');
    await payment.orders.publish(order.reserved, order.reserved);
    await payment.drained(order.userId);
    await payment.settled(order.orderId, 'captured');
    expect(await payment.sandbox.chargesOf(order.key)).toHaveLength(1);
  });

  it('finds the charge of a process that died before it could store it', async () => {
    const order = newOrder('tok_approve');
    const { reserved } = order;
    const { chargeId } = await payment.sandbox.charge(order.key, { ...TOTAL, token: reserved.paymentToken });
    await payment.orders.publish(reserved);
    expect(await payment.settled(order.orderId, 'captured')).toMatchObject([{ paymentId: chargeId }]);
    expect(await payment.sandbox.chargesOf(order.key)).toHaveLength(1);
  });

  it('waits in its lane while the provider is away', async () => {
    const order = newOrder('tok_approve');
    await payment.sandbox.kill();
    await payment.orders.publish(order.reserved);
    await payment.sandbox.restart();
    await payment.settled(order.orderId, 'captured');
  });

  it('is unknown to HTTP before it was heard of', async () => {
    const { orderId } = newOrder('tok_approve');
    expect(await payment.get(`/payments/${orderId}`)).toMatchObject({ status: 404 });
    expect(await payment.get(`/payments?orderId=${orderId}`)).toEqual({
      status: 200,
      body: { payments: [] },
    });
    expect(await payment.get('/payments?orderId=1')).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'orderId' }] },
    });
  });
});

describe('order.reserved, when the provider never answers', () => {
  let payment: PaymentService;

  beforeAll(async () => {
    payment = await startPayment({ PAYMENT_GIVE_UP_MS: '2500' });
  });

  afterAll(async () => {
    await payment.stop();
  });

  it('gives up a charge that is never answered, for good, and lets the cancellation behind it through', async () => {
    const order = newOrder('tok_never');
    await payment.orders.publish(order.reserved);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'provider_timeout' }]);
    await payment.orders.publish(order.cancelled);
    await payment.drained(order.userId);
    const late = await payment.sandbox.charge(order.key, { ...TOTAL, token: 'tok_never' });
    expect(late.status).toBe(402);
    expect(await payment.sandbox.chargesOf(order.key)).toEqual([]);
  });

  it('withdraws a charge that is never answered as soon as its order is known to be cancelled', async () => {
    const order = newOrder('tok_never');
    await payment.orders.publish(order.reserved, order.cancelled);
    await payment.drained(order.userId);
    expect(await payment.settled(order.orderId, 'declined')).toMatchObject([{ code: 'order_cancelled' }]);
    expect(await payment.sandbox.chargesOf(order.key)).toEqual([]);
  });
});
