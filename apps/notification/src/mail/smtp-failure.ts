/** The server refused this mail for good (5xx). */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly code = 'MAIL_REFUSED';
}

/** The mail was not accepted as far as we know; trying again may help. */
export class MailNotAccepted extends Error {
  override readonly name = 'MailNotAccepted';
  readonly code = 'MAIL_NOT_ACCEPTED';
}

/** These say that our own access is wrong, so the next mail would fail alike: no fault of this one. */
const ACCESS_CODES = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ETLS', 'EREQUIRETLS']);

/**
 * Keeps the codes only. The original error is left out on purpose, also as `cause`: servers repeat the address in their
 * answers, and what is thrown is logged and kept with the dead letter.
 */
export function classifySmtpFailure(error: unknown): MailRefused | MailNotAccepted {
  const code = textOf(fieldOf(error, 'code')) ?? 'unknown error';
  const what = `${code}, SMTP status ${textOf(fieldOf(error, 'responseCode')) ?? 'none'}`;
  if (fieldOf(error, 'permanent') === true && !ACCESS_CODES.has(code)) {
    return new MailRefused(
      `The mail server refused the mail for good (${what}). Look the status up in the server's log by the Message-ID; ` +
        'correct the recipient and redrive the message, or discard it.',
    );
  }
  return new MailNotAccepted(
    `The mail server did not accept the mail (${what}). It is tried again; if this goes on, check SMTP_URL and the ` +
      'mail server.',
  );
}

function fieldOf(error: unknown, field: string): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, field) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
