import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { InventoryReserved } from '@orderflow/contracts';
import { eventually } from '@orderflow/testing';
import { ask, ORDER_BODY, type OrderService, startOrderService } from '../order-service.test-support.ts';

let service: OrderService;

beforeAll(async () => {
  service = await startOrderService({ paymentTimeoutMs: 300 });
});

afterAll(() => service.stop());

it('an order that nobody pays is cancelled when its time is over, and not before', async () => {
  const { body } = await ask(`${service.url}/orders`, { method: 'POST', body: ORDER_BODY });
  const order = { userId: ORDER_BODY.userId, orderId: String(body['orderId']) };
  const lines = [{ sku: 'MUG', quantity: 2 }];
  await service.inventory.publish(Object.assign(new InventoryReserved(), { ...order, lines }));

  const cancelled = async (): Promise<boolean> => {
    const answer = await ask(`${service.url}/orders/${order.orderId}`);
    return answer.body['cancelReason'] === 'payment_timed_out';
  };
  await eventually(cancelled, { what: 'the order is cancelled because it was not paid' });

  const { body: timeline } = await ask(`${service.url}/orders/${order.orderId}/timeline`);
  const facts = timeline['facts'];
  expect(facts).toMatchObject([{ fact: 'created' }, { fact: 'reserved' }, { fact: 'cancelled' }]);
  const [, reserved, end] = Array.isArray(facts) ? facts.map(({ at }: { at: string }) => Date.parse(at)) : [];
  expect((end ?? 0) - (reserved ?? 0)).toBeGreaterThanOrEqual(300);
});
