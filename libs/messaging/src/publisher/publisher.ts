import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { Fifo } from '../collections/fifo.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { SlotMap } from '../collections/slot-map.ts';
import { bytesOf } from './bytes.ts';
import { natsHeaders } from './nats-headers.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { type PublishAck, readPublishAck } from './publish-ack.ts';
import { unsendable } from './publish-refusal.ts';
import { WrittenUpTo } from './written-up-to.ts';

export interface PublisherOptions {
  /** Messages without an answer at most; further callers wait. Default 4,096. */
  maxInFlight?: number;
  /** Bytes of payload without an answer at most; one message may always be under way. Default 8 MiB. */
  maxInFlightBytes?: number;
  /** After this long without an answer the message is sent again, under the same id. Default 5,000 ms. */
  ackTimeoutMs?: number;
  /** Sendings of one message before giving up. Default 4. */
  maxSends?: number;
}

/**
 * A message without an answer. No more than this is kept of it: thousands are under way at once and outlive the collector's young
 * generation, so each object here is copied and traced; headers are made again for the rare second sending.
 */
interface Pending {
  readonly message: OutgoingMessage;
  readonly resolve: (ack: PublishAck) => void;
  readonly reject: (error: MessagingError) => void;
  sentAt: number;
  sends: number;
  readonly bytes: number;
}

const DEFAULTS: Required<PublisherOptions> = {
  maxInFlight: 4_096,
  maxInFlightBytes: 8_388_608,
  ackTimeoutMs: 5_000,
  maxSends: 4,
};
const SWEEP_MS = 250;

/**
 * Publishes to JetStream through a window: many messages under way, one shared reply subject, each awaiting its PubAck.
 * `js.publish` makes each a request of its own and reaches about a third of it.
 *
 * Safe for concurrent callers. Two calls that overlap may be stored in either order: a caller that needs order awaits
 * the first before it makes the second.
 */
export class Publisher {
  readonly #connection: NatsConnection;
  readonly #options: Required<PublisherOptions>;
  readonly #inbox = createInbox();
  readonly #subscription: Subscription;
  readonly #pending = new SlotMap<number, Pending>();
  /** In the order of their calls, for a place in the window. */
  readonly #waiting = new Fifo<Pending>();
  readonly #sweep: NodeJS.Timeout;
  #nextToken = 0;
  #acknowledged = 0;
  #bytes = 0;
  #closed = false;
  /** Streams that are not published to. */
  readonly #interrupted = new Set<string>();
  readonly #written: WrittenUpTo;

  constructor(connection: NatsConnection, options: PublisherOptions = {}) {
    this.#connection = connection;
    this.#options = { ...DEFAULTS, ...options };
    this.#written = new WrittenUpTo(connection, this.#options.ackTimeoutMs);
    this.#subscription = connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, reply) => {
        if (error === null) this.#onReply(reply);
      },
    });
    this.#sweep = setInterval(() => this.#resend(), SWEEP_MS).unref();
  }

  /** PubAcks received. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Messages that wait for theirs. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Resolves when the stream has stored the message, or already had one of this id.
   *
   * @throws MessagingError `STREAM_MISSING` when no stream takes the subject; `PUBLISH_REJECTED` when the stream refuses;
   *   `PUBLISH_TIMEOUT` when no answer came, which may still mean stored: publish again under the same id
   */
  publish(message: OutgoingMessage): Promise<PublishAck> {
    if (this.#closed || this.#interrupted.has(message.stream)) return Promise.reject(stopped());
    // Not async, and one promise a call: at this rate each more is felt.
    return new Promise((resolve, reject) => {
      const bytes = sizeOf(message.payload);
      const pending: Pending = { message, resolve, reject, sentAt: 0, sends: 0, bytes };
      if (this.#hasRoom(pending) && this.#waiting.isEmpty) this.#begin(pending);
      else this.#waiting.push(pending);
    });
  }

  /**
   * Rejects what is under way to a stream, and everything until `resume`; the outbox publishes it again later, under the
   * same ids. Answers that still come count for nothing.
   */
  interrupt(stream: string): void {
    this.#interrupted.add(stream);
    this.#drop((pending) => pending.message.stream === stream);
  }

  resume(stream: string): void {
    this.#interrupted.delete(stream);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop(() => true);
    clearInterval(this.#sweep);
    if (!this.#connection.isClosed()) this.#subscription.unsubscribe();
  }

  #drop(isDropped: (pending: Pending) => boolean): void {
    const dropped: Pending[] = [];
    for (const [token, pending] of this.#pending.entries()) {
      if (!isDropped(pending)) continue;
      this.#forget(token, pending);
      dropped.push(pending);
    }
    for (const pending of this.#waiting.takeAll()) {
      if (isDropped(pending)) dropped.push(pending);
      else this.#waiting.push(pending);
    }
    for (const pending of dropped) pending.reject(stopped());
    this.#fillWindow();
  }

  #hasRoom(next: Pending): boolean {
    const { maxInFlight, maxInFlightBytes } = this.#options;
    if (this.#pending.size === 0) return true;
    return this.#pending.size < maxInFlight && this.#bytes + next.bytes <= maxInFlightBytes;
  }

  #begin(pending: Pending): void {
    const token = this.#nextToken++;
    this.#pending.set(token, pending);
    this.#bytes += pending.bytes;
    this.#send(token, pending);
  }

  #forget(token: number, pending: Pending): void {
    if (this.#pending.delete(token)) this.#bytes -= pending.bytes;
  }

  #send(token: number, pending: Pending): void {
    pending.sentAt = performance.now();
    pending.sends++;
    try {
      const { subject, payload } = pending.message;
      this.#connection.publish(subject, bytesOf(payload), {
        headers: natsHeaders(pending.message),
        reply: `${this.#inbox}.${String(token)}`,
      });
    } catch (cause) {
      this.#forget(token, pending);
      // A connection that is closed or draining says nothing about the message.
      pending.reject(
        this.#connection.isClosed() || this.#connection.isDraining() ? stopped() : unsendable(cause),
      );
    }
  }

  #onReply(reply: Msg): void {
    const token = Number(reply.subject.slice(this.#inbox.length + 1));
    const pending = this.#pending.get(token);
    // The second answer to a message that was sent twice.
    if (pending === undefined) return;
    const ack = readPublishAck(reply, pending.message);
    if (ack === undefined) return;
    this.#forget(token, pending);
    if (ack instanceof MessagingError) pending.reject(ack);
    else {
      this.#acknowledged++;
      pending.resolve(ack);
    }
    this.#fillWindow();
  }

  /** Places that are free go to those that have waited longest. A loop: on a closed connection each of them fails at once. */
  #fillWindow(): void {
    for (
      let next = this.#waiting.peek();
      next !== undefined && this.#hasRoom(next);
      next = this.#waiting.peek()
    ) {
      this.#waiting.shift();
      this.#begin(next);
    }
  }

  /** A message's time begins when it has left this process: on a slow link the last of the window are written much later. */
  #resend(): void {
    if (this.#pending.size > 0) this.#written.look(this.#nextToken, this.#acknowledged);
    const now = performance.now();
    for (const [token, pending] of this.#pending.entries()) {
      if (this.#written.sinceMs(token, pending.sentAt, now) < this.#options.ackTimeoutMs) continue;
      if (pending.sends < this.#options.maxSends) {
        this.#send(token, pending);
        continue;
      }
      this.#forget(token, pending);
      pending.reject(timedOut(pending));
    }
    this.#fillWindow();
  }
}

function timedOut(pending: Pending): MessagingError {
  return new MessagingError('PUBLISH_TIMEOUT', `No PubAck after ${String(pending.sends)} sendings.`, {
    remedy: 'Publish again under the same message id: it may have been stored.',
  });
}

function stopped(): MessagingError {
  return new MessagingError('PUBLISH_TIMEOUT', 'The publisher was interrupted before the broker answered.', {
    remedy: 'Publish again under the same message id: it may have been stored.',
  });
}

function sizeOf(payload: Uint8Array | string): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
}
