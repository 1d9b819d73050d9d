import type { CancelReason, OrderCreated } from '@orderflow/contracts';
import { formatMoney } from './format-money.ts';
import type { NotifiedFact } from './notification.ts';

export interface Email {
  /** One line. */
  readonly subject: string;
  /** Plain text. */
  readonly text: string;
}

/** What a user is told of a fact. The order id is in each, so that a user can tell e-mails of two orders apart. */
export function composeEmail(fact: NotifiedFact): Email {
  const { orderId } = fact.data;
  switch (fact.type) {
    case 'created':
      return email(`We have your order ${orderId}`, [
        'Thank you for your order:',
        contentsOf(fact.data),
        'We are setting your items aside and will write again when it is paid.',
      ]);
    case 'paid':
      return email(`Your order ${orderId} is paid`, [
        `We have received ${formatMoney(fact.data.total)} for your order ${orderId}.`,
        'We will write again when it is on its way.',
      ]);
    case 'shipped':
      return email(`Your order ${orderId} is on its way`, [
        `Your order ${orderId} has left our house.`,
        `Its tracking number is ${fact.data.trackingNumber}.`,
      ]);
    case 'cancelled':
      return email(`Your order ${orderId} is cancelled`, [
        `Your order ${orderId} is cancelled: ${reasonText(fact.data.reason)}`,
        'If a payment was taken for it, all of it goes back to you.',
      ]);
  }
}

function email(subject: string, paragraphs: readonly string[]): Email {
  return { subject, text: `${paragraphs.join('\n\n')}\n` };
}

/** Long orders are shown in part: the text has an end. */
const LINES_SHOWN = 20;

function contentsOf({ lines, total }: OrderCreated): string {
  const shown = lines
    .slice(0, LINES_SHOWN)
    .map(({ sku, quantity, unitPrice }) => `  ${String(quantity)} x ${sku} at ${formatMoney(unitPrice)}`);
  const more = lines.length > LINES_SHOWN ? [`  and ${String(lines.length - LINES_SHOWN)} more lines`] : [];
  return [...shown, ...more, `  Total: ${formatMoney(total)}`].join('\n');
}

function reasonText(reason: CancelReason): string {
  switch (reason) {
    case 'out_of_stock':
      return 'we no longer have everything that you ordered.';
    case 'payment_declined':
      return 'your payment was declined.';
    case 'payment_timed_out':
      return 'we did not receive your payment in time.';
    case 'requested':
      return 'as you asked.';
  }
}
