export type MessagingErrorCode =
  | 'CONFIG_INVALID'
  | 'CONTRACT_INVALID'
  | 'CONTRACT_MISSING'
  | 'CONTRACT_VIOLATION'
  | 'KEY_INVALID'
  | 'HANDLER_DUPLICATE'
  | 'HANDLER_INVALID'
  | 'BROKER_TOO_OLD'
  | 'BROKER_UNREACHABLE'
  | 'BROKER_REFUSED'
  | 'BOOT_ABORTED'
  | 'DATABASE_SHARED'
  | 'STREAM_MISSING'
  | 'STREAM_DIFFERS'
  | 'STREAM_FOREIGN'
  | 'PUBLISH_REJECTED'
  | 'PUBLISH_TIMEOUT'
  | 'NOT_A_TRANSACTION'
  | 'TRANSACTION_MISUSED'
  | 'OWNERSHIP_LOST'
  | 'NOT_FOUND'
  | 'COUNT_DIFFERS';

/** Every error of this library. `code` is stable; `remedy` says what the reader can do. */
export class MessagingError extends Error {
  override readonly name: string = 'MessagingError';
  readonly code: MessagingErrorCode;
  readonly remedy: string;

  constructor(code: MessagingErrorCode, message: string, options: { remedy: string; cause?: unknown }) {
    super(`${message} ${options.remedy}`, { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
  }
}

/**
 * Thrown by a handler to be tried again after a time that it knows, as from `Retry-After`. The attempt counts: after the
 * last one the message is a dead letter.
 */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter';
  /** In ms, from the end of this attempt. At least 0 and at most a day; for anything else the retry curve decides. */
  readonly afterMs: number;

  constructor(afterMs: number, reason: string, options?: { cause?: unknown }) {
    super(reason, options);
    this.afterMs = afterMs;
  }
}

/** Thrown by a handler for a message that no retry can help: it becomes a dead letter at once. */
export class PoisonMessage extends Error {
  override readonly name = 'PoisonMessage';

  constructor(reason: string, options?: { cause?: unknown }) {
    super(reason, options);
  }
}
