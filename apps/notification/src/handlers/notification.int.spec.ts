import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmailRequested } from '@orderflow/contracts';
import { checkContract } from '@orderflow/messaging';
import { eventually } from '@orderflow/testing';
import {
  newOrder,
  type NotificationService,
  startNotification,
} from '../notification-service.test-support.ts';

describe('the facts of an order', () => {
  let notification: NotificationService;

  beforeAll(async () => {
    notification = await startNotification();
  });

  afterAll(async () => {
    await notification.stop();
  });

  const mailsOf = async ({ orderId }: { orderId: string }) =>
    (await notification.sink.messages()).filter(({ subject }) => subject.includes(orderId));

  /** Waits for the last thing that happens to an e-mail, so that a second one would have been sent by then. */
  const allSent = (order: { orderId: string }, count: number) =>
    eventually(async () => (await notification.published(order.orderId, 'email-sent')).length === count, {
      what: `${String(count)} e-mails of order ${order.orderId} are sent`,
    });

  it('become one e-mail each, to the address of order.created', async () => {
    const order = newOrder('grace@example.com');
    await notification.orders.publish(order.created, order.paid, order.shipped);
    await allSent(order, 3);
    const mails = await mailsOf(order);
    expect(mails.map(({ to }) => to)).toEqual([
      ['grace@example.com'],
      ['grace@example.com'],
      ['grace@example.com'],
    ]);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
  });

  it('are told in words', async () => {
    const order = newOrder();
    await notification.orders.publish(order.created, order.cancelled);
    await allSent(order, 2);
    const mails = await mailsOf(order);
    expect(mails.map(({ subject }) => subject).sort()).toEqual([
      `We have your order ${order.orderId}`,
      `Your order ${order.orderId} is cancelled`,
    ]);
  });

  it('become one e-mail also when a fact is published again under another id', async () => {
    const order = newOrder();
    await notification.orders.publish(order.created, order.created, order.paid, order.created, order.paid);
    await notification.orders.publish(order.shipped);
    await allSent(order, 3);
    expect(await mailsOf(order)).toHaveLength(3);
    expect(await notification.published(order.orderId, 'email-requested')).toHaveLength(3);
  });

  it('carry the Message-ID of their notification, and email.sent says it', async () => {
    const order = newOrder();
    await notification.orders.publish(order.created);
    await allSent(order, 1);
    const [sent] = await notification.published(order.orderId, 'email-sent');
    const smtpMessageId = `<${String(sent?.['notificationId'])}@orderflow.example>`;
    expect(sent).toMatchObject({ smtpMessageId, orderId: order.orderId });
    expect(await mailsOf(order)).toMatchObject([{ messageId: smtpMessageId }]);
  });

  it('send no second e-mail when only the announcement of the first was lost', async () => {
    const order = newOrder();
    await notification.orders.publish(order.created);
    await allSent(order, 1);
    // As a process leaves it that died between the server's yes and its transaction; the request then comes again.
    await notification.database.query(
      `UPDATE notification SET state = 'accepted', sent_at = NULL WHERE order_id = $1`,
      [order.orderId],
    );
    const [requested] = await notification.published(order.orderId, 'email-requested');
    await notification.republish(checkContract(EmailRequested, requested));
    await allSent(order, 2);
    expect(await mailsOf(order)).toHaveLength(1);
  });

  it('reach a parked lane, not the void, when the order was never placed', async () => {
    const order = newOrder();
    await notification.orders.publish(order.paid);
    const dead = await eventually(() => deadLetterOf(order.userId), {
      what: 'order.paid of an unknown order is a dead letter',
    });
    expect(dead.reason).toContain('never placed');
  });

  async function deadLetterOf(key: string): Promise<{ reason: string } | undefined> {
    const [row] = await notification.database.query<{ reason: string }>(
      `SELECT reason FROM messaging.parked WHERE key = $1 AND state = 'dead'`,
      [key],
    );
    return row;
  }
});
