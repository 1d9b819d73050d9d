import { Contract } from '@orderflow/messaging';
import { IsUUID, Length, Matches } from 'class-validator';
import { EXAMPLE_EMAIL, EXAMPLE_NOTIFICATION_ID, EXAMPLE_ORDER } from '../examples.ts';
import { IsEmailAddress } from '../field-rules.ts';
import { OrderFact } from '../order-fact.ts';
import { NOTIFICATIONS } from '../streams.ts';

/**
 * An e-mail is to be sent. Published by notification to itself: a shared subscription sends it by SMTP, in no order.
 * Holds an address and a text for a person: never logged.
 */
@Contract<EmailRequested>({
  stream: NOTIFICATIONS,
  event: 'email-requested',
  version: 1,
  key: (event) => event.userId,
  example: {
    ...EXAMPLE_ORDER,
    notificationId: EXAMPLE_NOTIFICATION_ID,
    to: EXAMPLE_EMAIL,
    subject: 'Your order is on its way',
    text: 'Your order has left our house.',
  },
})
export class EmailRequested extends OrderFact {
  /** One for each fact of an order, the same at every attempt. */
  @IsUUID()
  readonly notificationId!: string;

  @IsEmailAddress()
  readonly to!: string;

  /** One line: a line break would let a header in. */
  @Matches(/^[^\r\n]{1,200}$/)
  readonly subject!: string;

  /** Plain text. */
  @Length(1, 10_000)
  readonly text!: string;
}
