import { MessagingError } from '../errors/messaging-error.ts';

/**
 * What a refusal says about: `message` will never be taken; `key` not now, others of the stream are; `stream` takes nothing
 * now: full, offline, without resources, or the subject belongs to another stream.
 */
export type RefusalScope = 'message' | 'key' | 'stream';

/** nats-server: message size exceeds maximum allowed; header size exceeds maximum allowed of 64k. */
const TOO_LARGE: ReadonlySet<number> = new Set([10054, 10097]);

/** The broker, or the client on its way there, did not take a message. */
export class PublishRefusal extends MessagingError {
  readonly scope: RefusalScope;

  constructor(scope: RefusalScope, message: string, options: { remedy: string; cause?: unknown }) {
    super('PUBLISH_REJECTED', message, options);
    this.scope = scope;
  }
}

/** The refusal of a stream: `{"error": {"err_code": 10077, "description": "maximum bytes exceeded"}}`. */
export function refusalOf(error: { err_code?: unknown; description?: unknown }): PublishRefusal {
  const code = typeof error.err_code === 'number' ? error.err_code : 0;
  const description = typeof error.description === 'string' ? error.description : 'unknown error';
  return new PublishRefusal(
    scopeOf(code, description),
    `The broker refused a message: ${description} (${String(code)}).`,
    {
      remedy:
        "Look up the code in nats-server's errors.json; the outbox keeps the message until it is accepted.",
    },
  );
}

/** What the client refuses to send will not become sendable: too large, or a header that no message can have. */
export function unsendable(cause: unknown): PublishRefusal {
  const reason = Error.isError(cause) ? cause.message : String(cause);
  return new PublishRefusal('message', `The message could not be sent: ${reason}.`, {
    remedy: 'Make an oversized message smaller.',
    cause,
  });
}

function scopeOf(code: number, description: string): RefusalScope {
  if (TOO_LARGE.has(code)) return 'message';
  return description.includes('per subject') ? 'key' : 'stream';
}
