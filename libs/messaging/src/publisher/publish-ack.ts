import type { Msg } from '@nats-io/transport-node';
import { MessagingError } from '../messaging-error.ts';

/** The broker's word that a message is stored. */
export interface PublishAck {
  stream: string;
  sequence: number;
  /** True when the stream already had a message of this id. Not an error: it is stored once. */
  duplicate: boolean;
}

interface PubAckBody {
  stream?: string;
  seq?: number;
  duplicate?: boolean;
  error?: { code: number; err_code: number; description: string };
}

const NO_RESPONDERS = 503;

/**
 * Reads a PubAck, or the reason why there is none. Undefined for anything else: any subscriber of the subject may answer,
 * and only a stream's word counts.
 */
export function readPublishAck(reply: Msg, subject: string): PublishAck | MessagingError | undefined {
  if (reply.data.length === 0 && reply.headers?.code === NO_RESPONDERS) {
    return new MessagingError('STREAM_MISSING', `No stream takes in "${subject}".`, {
      remedy: 'Provision the stream that owns this subject.',
    });
  }
  const body = parse(reply);
  if (body.error !== undefined) {
    const { err_code: code, description } = body.error;
    return new MessagingError(
      'PUBLISH_REJECTED',
      `The broker refused a message: ${description} (${String(code)}).`,
      {
        remedy:
          "Look up the code in nats-server's errors.json; the outbox keeps the message until it is accepted.",
      },
    );
  }
  if (typeof body.stream !== 'string' || typeof body.seq !== 'number') return undefined;
  return { stream: body.stream, sequence: body.seq, duplicate: body.duplicate ?? false };
}

function parse(reply: Msg): PubAckBody {
  try {
    const body = reply.json<PubAckBody | null>();
    return body ?? {};
  } catch {
    // Thrown further it would end the connection's reader.
    return {};
  }
}
