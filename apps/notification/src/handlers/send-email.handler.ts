import { Controller } from '@nestjs/common';
import { EmailRequested, EmailSent } from '@orderflow/contracts';
import {
  BatchEffect,
  contract,
  Ctx,
  Delivery,
  Payload,
  PoisonMessage,
  SubscribeShared,
} from '@orderflow/messaging';
import { NotificationConfig } from '../config.ts';
import { mailMessageIdOf } from '../mail/mail-message-id.ts';
import { MailRefused } from '../mail/smtp-failure.ts';
import { SmtpMailer } from '../mail/smtp-mailer.ts';
import { MailClaimStore } from '../store/mail-claim.store.ts';

/** Longer than one mail can take, so that nobody else sends it while this delivery still may. */
const CLAIM_MARGIN_MS = 2_000;

/**
 * Mails that are under way share their statements. How many go out at once is said by `SMTP_CONNECTIONS`, and each waits for a
 * connection within its `SMTP_TIMEOUT_MS`: many more than three for each would run out of time behind a slow server.
 */
const CONCURRENCY = 32;

/** A mail server may be away for hours: an e-mail becomes a dead letter after about a working day. */
const PATIENT = {
  retry: { maxAttempts: 600, firstDelayMs: 500, maxDelayMs: 60_000 },
  timeoutMs: 30_000,
} as const;

/**
 * notify.email-requested -> SMTP, then notify.email-sent. Shared: any instance takes the next one, in no order.
 *
 * SMTP knows no idempotency key, so nobody can promise exactly one e-mail. What is promised is at least one, and:
 *
 * - Two deliveries at once, of one message or of two copies of it, send one e-mail: a claim in the notification's row is
 *   committed before the mail server is called, and lasts longer than a call may.
 * - The server's yes is committed by itself, 20 ms later at most. Whatever fails later (the transaction, the
 *   publication, the process), the next attempt goes on from there and sends nothing.
 * - So an e-mail goes out twice only when its answer is lost: the process dies, or the database or the connection to
 *   the server breaks, after the server took the mail and before that one statement has committed. Both copies carry
 *   the same Message-ID. Not sending in that case instead would lose e-mails in the far longer time before the yes.
 */
@Controller()
export class SendEmailHandler {
  readonly #claims: MailClaimStore;
  readonly #mailer: SmtpMailer;
  readonly #config: NotificationConfig;
  readonly #sent: BatchEffect<string, boolean>;

  constructor(claims: MailClaimStore, mailer: SmtpMailer, config: NotificationConfig) {
    this.#claims = claims;
    this.#mailer = mailer;
    this.#config = config;
    this.#sent = new BatchEffect((tx, notificationIds) => claims.markSent(tx, notificationIds));
  }

  @SubscribeShared(EmailRequested, { name: 'mailer', concurrency: CONCURRENCY, ...PATIENT })
  async handle(@Payload() email: EmailRequested, @Ctx() delivery: Delivery): Promise<void> {
    const smtpMessageId = await this.#sendOnce(email, delivery.signal);
    const { userId, orderId, notificationId } = email;
    await delivery.transactInBatch(this.#sent, notificationId, (marked) => {
      if (marked) delivery.publish(contract(EmailSent, { userId, orderId, notificationId, smtpMessageId }));
    });
  }

  /** Resolves with the Message-ID once the mail server has the mail, by this call or by an earlier one. */
  async #sendOnce(email: EmailRequested, signal: AbortSignal): Promise<string> {
    const { notificationId } = email;
    const result = await this.#claims.claim(notificationId, this.#config.smtpTimeoutMs + CLAIM_MARGIN_MS);
    switch (result.kind) {
      case 'claimed':
        return await this.#send(email, result.claim, signal);
      case 'accepted':
        return result.smtpMessageId;
      case 'busy':
        throw new Error(
          `Notification ${notificationId} is being sent by another delivery. It is looked at again later.`,
        );
      case 'unknown':
        throw new PoisonMessage(
          `notification ${notificationId} was never stored, so it was not requested by us`,
        );
    }
  }

  async #send(email: EmailRequested, claim: string, signal: AbortSignal): Promise<string> {
    const { notificationId, to, subject, text } = email;
    const messageId = mailMessageIdOf(notificationId, this.#config.mailFrom);
    try {
      await this.#mailer.send({ messageId, to, subject, text }, signal);
    } catch (error) {
      await this.#claims.release(notificationId, claim);
      throw error instanceof MailRefused ? new PoisonMessage(error.message) : error;
    }
    await this.#claims.markAccepted(notificationId, messageId);
    return messageId;
  }
}
