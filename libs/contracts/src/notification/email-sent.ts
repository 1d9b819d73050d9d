import { Contract } from '@orderflow/messaging';
import { IsUUID, Matches } from 'class-validator';
import { EXAMPLE_NOTIFICATION_ID, EXAMPLE_ORDER } from '../examples.ts';
import { OrderFact } from '../order-fact.ts';
import { NOTIFICATIONS } from '../streams.ts';

/** The mail server took an e-mail over. Published by notification. It does not say that anyone received it. */
@Contract<EmailSent>({
  stream: NOTIFICATIONS,
  event: 'email-sent',
  version: 1,
  key: (event) => event.userId,
  example: {
    ...EXAMPLE_ORDER,
    notificationId: EXAMPLE_NOTIFICATION_ID,
    smtpMessageId: '<6f0f8a3e-93d3-5a55-8f0c-3a1f5f2d7b11@orderflow.example>',
  },
})
export class EmailSent extends OrderFact {
  /** The `EmailRequested` that it answers. */
  @IsUUID()
  readonly notificationId!: string;

  /** The e-mail's Message-ID header, angle brackets included. */
  @Matches(/^[\x21-\x7e]{1,255}$/)
  readonly smtpMessageId!: string;
}
