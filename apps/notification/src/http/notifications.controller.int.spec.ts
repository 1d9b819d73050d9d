import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@orderflow/testing';
import {
  type Json,
  newOrder,
  type NotificationService,
  startNotification,
} from '../notification-service.test-support.ts';

describe('GET /notifications', () => {
  let notification: NotificationService;
  const order = newOrder('grace@example.com');

  beforeAll(async () => {
    notification = await startNotification();
    await notification.orders.publish(order.created, order.paid, order.shipped);
    const allSent = async (): Promise<boolean> =>
      (await notification.published(order.orderId, 'email-sent')).length === 3;
    await eventually(allSent, { what: 'the three e-mails are sent' });
  });

  afterAll(async () => {
    await notification.stop();
  });

  const page = async (query: string): Promise<Json> => {
    const { status, body } = await notification.get(`/notifications?${query}`);
    expect(status).toBe(200);
    return body;
  };

  it.each([
    `userId=${order.userId}`,
    `orderId=${order.orderId}`,
    `userId=${order.userId}&orderId=${order.orderId}`,
  ])('goes through all pages of %s, newest first, each once', async (query) => {
    const first = await page(`${query}&limit=2`);
    expect(first).toMatchObject({ notifications: [{ fact: 'shipped' }, { fact: 'paid' }] });
    const second = await page(`${query}&limit=2&cursor=${String(first['nextCursor'])}`);
    expect(second).toMatchObject({ notifications: [{ fact: 'created', state: 'sent' }], nextCursor: null });
  });

  it('shows nothing of another user, and no address', async () => {
    expect(await page('userId=somebody-else')).toEqual({ notifications: [], nextCursor: null });
    expect(await page(`userId=somebody-else&orderId=${order.orderId}`)).toEqual({
      notifications: [],
      nextCursor: null,
    });
    expect(JSON.stringify(await page(`orderId=${order.orderId}`))).not.toContain('grace@');
  });

  it.each([
    ['', ['userId', 'orderId']],
    ['userId=a.b', ['userId']],
    ['orderId=1', ['orderId']],
    [`orderId=${randomUUID()}&limit=101`, ['limit']],
    [`orderId=${randomUUID()}&cursor=x`, ['cursor']],
    [`orderId=${randomUUID()}&page=2`, ['page']],
  ])('answers ?%s with a problem that names %j', async (query, fields) => {
    const errors: unknown = expect.arrayContaining(fields.map((field) => expect.objectContaining({ field })));
    expect(await notification.get(`/notifications?${query}`)).toMatchObject({
      status: 422,
      body: { errors },
    });
  });
});
