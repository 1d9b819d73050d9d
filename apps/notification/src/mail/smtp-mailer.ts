import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type SMTPPoolSentMessageInfo, type Transporter } from 'nodemailer';
import { NotificationConfig } from '../config.ts';
import { classifySmtpFailure } from './smtp-failure.ts';

export interface OutgoingMail {
  /** Message-ID header, angle brackets included. */
  messageId: string;
  to: string;
  subject: string;
  text: string;
}

/** An address that swallows packets must not cost the whole time of a mail. */
const CONNECT_TIMEOUT_MS = 2_000;

/** Hands mail over to the SMTP server that SMTP_URL names, through pooled connections. */
@Injectable()
export class SmtpMailer implements OnApplicationShutdown {
  readonly #transport: Transporter<SMTPPoolSentMessageInfo>;
  readonly #from: string;
  readonly #timeoutMs: number;

  constructor(config: NotificationConfig) {
    this.#from = config.mailFrom;
    this.#timeoutMs = config.smtpTimeoutMs;
    this.#transport = createTransport({
      pool: true,
      url: config.smtpUrl,
      maxConnections: config.smtpConnections,
      connectionTimeout: Math.min(config.smtpTimeoutMs, CONNECT_TIMEOUT_MS),
      greetingTimeout: config.smtpTimeoutMs,
      socketTimeout: config.smtpTimeoutMs,
      dnsTimeout: Math.min(config.smtpTimeoutMs, CONNECT_TIMEOUT_MS),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  /**
   * Resolves once the server has taken the mail over, within `SMTP_TIMEOUT_MS` all together, the wait for a pooled
   * connection included. A rejection does not prove that the mail is not on its way: the server's answer may be what
   * was lost.
   *
   * @throws MailRefused when the server will never take it, MailNotAccepted for everything else
   */
  async send(mail: OutgoingMail, signal: AbortSignal): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#timeoutMs);
    try {
      const inTime = AbortSignal.any([signal, late.signal]);
      await this.#transport.sendMail({ ...mail, from: this.#from, signal: inTime });
    } catch (error) {
      throw classifySmtpFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  onApplicationShutdown(): void {
    this.#transport.close();
  }
}
