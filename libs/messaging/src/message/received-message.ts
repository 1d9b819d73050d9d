import type { JsMsg } from '@nats-io/jetstream';
import type { Log } from '../log/log.ts';
import { storable } from './storable-text.ts';
import { parseStoredSubject } from '../topology/subject.ts';
import { type DeliveryGeneration, LiveDelivery } from './delivery-generation.ts';
import type { SettleableDelivery } from './settleable-delivery.ts';

/** A delivery that this process has taken and not yet settled. */
export interface ReceivedMessage {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly messageId: string;
  readonly key: string;
  /** Last token of the subject. */
  readonly event: string;
  readonly partition: number;
  /** It may have been in flight when its process ended: handled alone, its attempt counted before it begins. */
  suspect?: boolean;
  /** Why it cannot be read, whatever its body says. */
  readonly defect?: string;
  /** Its row in messaging.parked, when it comes from there, or was moved there while it was being handled. */
  parkedId?: number;
  /** The queue group that deferred it; undefined for what is handled in order, and for what a stream delivered. */
  readonly group?: string;
  /** The delivery to acknowledge; replaced in place when the broker delivers the same message again. */
  delivery: SettleableDelivery;
  /** When the broker was last told that we still have it (`performance.now()`). */
  extendedAt: number;
}

const MESSAGE_ID = 'Nats-Msg-Id';

/** An id that fits an index and a text column. */
const USABLE_ID = /^[^\p{C}]{1,256}$/u;

/**
 * Undefined when the subject is not of the form that the stream's transform makes.
 *
 * @param generation after its end the delivery is not answered; without one it always is
 */
export function receiveMessage(
  delivery: JsMsg,
  generation?: DeliveryGeneration,
): ReceivedMessage | undefined {
  const subject = parseStoredSubject(delivery.subject);
  if (subject === undefined) return undefined;
  const { stream } = delivery.info;
  const readable = withReadableHeaders(delivery);
  return {
    partition: subject.partition,
    // Part of several indexes, whose entries have at most 2,704 bytes. A publisher of ours is held to 128 characters.
    key: storable(subject.key, 256),
    event: storable(subject.event),
    stream,
    sequence: delivery.seq,
    subject: storable(delivery.subject),
    messageId: messageIdOf(delivery, readable),
    ...(readable === delivery ? {} : { defect: 'The headers cannot be read.' }),
    delivery: generation === undefined ? readable : new LiveDelivery(readable, generation),
    extendedAt: performance.now(),
  };
}

/**
 * A publisher that sets no id, or one that cannot be stored, gets one that is the same for each delivery of the stored message. The time is part of
 * it because a stream that was lost and made again counts from 1 again.
 */
function messageIdOf(delivery: JsMsg, readable: SettleableDelivery): string {
  const id = readable.headers?.get(MESSAGE_ID) ?? '';
  return USABLE_ID.test(id)
    ? id
    : `${delivery.info.stream}:${String(delivery.seq)}@${delivery.time.toISOString()}`;
}

/** The client reads headers when they are first asked for, and throws if it cannot; the server stores them all the same. */
function withReadableHeaders(delivery: JsMsg): SettleableDelivery {
  try {
    delivery.headers?.keys();
    return delivery;
  } catch {
    // Kept without them, as a dead letter.
    const { data, time } = delivery;
    return {
      data,
      time,
      headers: undefined,
      ack: () => delivery.ack(),
      nak: (millis) => delivery.nak(millis),
      working: () => delivery.working(),
    };
  }
}

/** On a connection that has been closed the client throws: the message is delivered again, and recognised by the inbox. */
export function acknowledge({ messageId, delivery }: ReceivedMessage, log: Log): void {
  try {
    delivery.ack();
  } catch (error) {
    log.debug(
      { messageId, error: String(error) },
      'A message could not be acknowledged; it will be delivered again',
    );
  }
}
