import type { JsMsg } from '@nats-io/jetstream';
import { parseStoredSubject } from '../topology/subject.ts';

/** The part of a delivery that is needed to handle and settle a message. Parked messages have one that settles nothing. */
export type SettleableDelivery = Pick<JsMsg, 'data' | 'headers' | 'time' | 'ack' | 'nak' | 'working'>;

/** A delivery that this process has taken and not yet settled. */
export interface HeldMessage {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly messageId: string;
  readonly key: string;
  /** Last token of the subject. */
  readonly event: string;
  readonly partition: number;
  /** It may have been in flight when its process ended: handled alone, its attempt counted before it begins. */
  readonly suspect?: boolean;
  /** Its row in messaging.parked, when it comes from there. */
  readonly parkedId?: number;
  /** The delivery to acknowledge; replaced in place when the broker delivers the same message again. */
  delivery: SettleableDelivery;
  /** When the broker was last told that we still have it (`performance.now()`). */
  extendedAt: number;
}

const MESSAGE_ID = 'Nats-Msg-Id';

/** Undefined when the subject is not of the form that the stream's transform makes. */
export function holdMessage(delivery: JsMsg, suspect = false): HeldMessage | undefined {
  const subject = parseStoredSubject(delivery.subject);
  if (subject === undefined) return undefined;
  const { stream } = delivery.info;
  return {
    ...subject,
    stream,
    sequence: delivery.seq,
    subject: delivery.subject,
    messageId: messageIdOf(delivery),
    suspect,
    delivery,
    extendedAt: performance.now(),
  };
}

/**
 * A publisher that sets no id gets one that is the same for each delivery of the stored message. The time is part of
 * it because a stream that was lost and made again counts from 1 again.
 */
function messageIdOf(delivery: JsMsg): string {
  const id = delivery.headers?.get(MESSAGE_ID) ?? '';
  return id === '' ? `${delivery.info.stream}:${String(delivery.seq)}@${delivery.time.toISOString()}` : id;
}

/** Identifies a stored message, whatever its id says. */
export function positionOf(stream: string, sequence: number): string {
  return `${stream}:${String(sequence)}`;
}
