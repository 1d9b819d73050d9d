import type { Msg } from '@nats-io/transport-node';
import { MessagingError } from '../errors/messaging-error.ts';
import { refusalOf } from './publish-refusal.ts';

/** The broker's word that a message is stored. */
export interface PublishAck {
  stream: string;
  sequence: number;
  /** True when the stream already had a message of this id. Not an error: it is stored once. */
  duplicate: boolean;
}

const NO_RESPONDERS = 503;

/**
 * Reads a PubAck, or the reason why there is none. Undefined for anything else: any subscriber of the subject may answer,
 * and only the word of the stream that was asked counts.
 */
export function readPublishAck(
  reply: Msg,
  asked: { subject: string; stream: string },
): PublishAck | MessagingError | undefined {
  if (reply.data.length === 0 && reply.headers?.code === NO_RESPONDERS) {
    return new MessagingError('STREAM_MISSING', `No stream takes in "${asked.subject}".`, {
      remedy: 'Provision the stream that owns this subject.',
    });
  }
  const body = jsonOf(reply);
  if (!isRecord(body)) return undefined;
  const { stream, seq, duplicate, error } = body;
  // A stream's refusal has a code; without one it is the answer of another subscriber.
  if (isRecord(error)) return typeof error['err_code'] === 'number' ? refusalOf(error) : undefined;
  if (stream !== asked.stream || typeof seq !== 'number') return undefined;
  return { stream: asked.stream, sequence: seq, duplicate: duplicate === true };
}

/** Undefined for anything that is not JSON: thrown further, an error would end the connection's reader. */
export function jsonOf(reply: Msg): unknown {
  try {
    return reply.json();
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
