import { type MsgHdrs, type NatsConnection, nuid } from '@nats-io/transport-node';
import { readBatchAck } from './batch-ack.ts';
import { bytesOf } from './bytes.ts';
import { natsHeaders } from './nats-headers.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

/** nats-server allows 50 in a stream; others may publish to it as well. */
const MAX_IN_FLIGHT = 16;

const ID = 'Nats-Batch-Id';
const SEQUENCE = 'Nats-Batch-Sequence';
const COMMIT = 'Nats-Batch-Commit';

/**
 * Publishes messages to one stream as an atomic batch (ADR-50 of nats-architecture-and-design): the stream stores all of
 * them, one behind the other and without anything in between, or none.
 *
 * Speaks the protocol itself: the batch of nats.js drops the expected stream, and hides why a batch was refused.
 */
export class BatchPublisher {
  readonly #connection: NatsConnection;
  readonly #ackTimeoutMs: number;
  readonly #waiting: (() => void)[] = [];
  /** Streams that take no batches, as far as is known. */
  readonly #without = new Set<string>();
  #inFlight = 0;
  #acknowledged = 0;
  /** Of the batches under way: ends the wait for their answers. */
  readonly #interruptions = new Map<() => void, string>();
  /** Streams that are not published to. */
  readonly #interrupted = new Set<string>();

  constructor(connection: NatsConnection, ackTimeoutMs = 5_000) {
    this.#connection = connection;
    this.#ackTimeoutMs = ackTimeoutMs;
  }

  /** Messages that were stored as part of a batch. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** False once the stream has refused a batch because it takes none. */
  takenBy(stream: string): boolean {
    return !this.#without.has(stream);
  }

  /**
   * Never rejects: whatever went wrong, publishing the messages one after the other under the same ids is right.
   *
   * @param messages at most 1,000, all to one stream
   * @returns the sequence of the last message, the others stand right before it in their order; undefined when the batch
   *   was refused, or when nobody answered, which may still mean stored
   */
  async publish(messages: readonly OutgoingMessage[]): Promise<number | undefined> {
    const last = messages.at(-1);
    if (last === undefined) return undefined;
    while (this.#inFlight >= MAX_IN_FLIGHT && !this.#interrupted.has(last.stream)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#interrupted.has(last.stream)) return undefined;
    this.#inFlight++;
    const interruption = Promise.withResolvers<undefined>();
    const interrupt = (): void => interruption.resolve(undefined);
    this.#interruptions.set(interrupt, last.stream);
    try {
      return await Promise.race([this.#send(messages, last), interruption.promise]);
    } finally {
      this.#interruptions.delete(interrupt);
      this.#inFlight--;
      this.#waiting.shift()?.();
    }
  }

  /** Nothing is sent to the stream until `resume`, and no answer from it is waited for any more. */
  interrupt(stream: string): void {
    this.#interrupted.add(stream);
    for (const [interrupt, of] of this.#interruptions) if (of === stream) interrupt();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The stream may have been changed meanwhile: it is asked again whether it takes batches. */
  resume(stream: string): void {
    this.#interrupted.delete(stream);
    this.#without.delete(stream);
  }

  async #send(messages: readonly OutgoingMessage[], last: OutgoingMessage): Promise<number | undefined> {
    const sent = { id: nuid.next(), stream: last.stream, count: messages.length };
    try {
      // In one go, so that nothing else of this connection comes in between. Only the last one is answered: it says for
      // all of them whether they are stored, and is refused when one before it is missing.
      messages.forEach((message, index) => {
        const place = { [ID]: sent.id, [SEQUENCE]: String(index + 1) };
        if (message !== last) this.#publish(message, natsHeaders(message, place));
      });
      const commit = natsHeaders(last, { [ID]: sent.id, [SEQUENCE]: String(sent.count), [COMMIT]: '1' });
      const options = { headers: commit, timeout: this.#ackTimeoutMs };
      const answer = readBatchAck(
        await this.#connection.request(last.subject, bytesOf(last.payload), options),
        sent,
      );
      if (answer === 'disabled') this.#without.add(sent.stream);
      if (typeof answer !== 'number') return undefined;
      this.#acknowledged += messages.length;
      return answer;
    } catch {
      // Too large, no answer, no stream, no connection: publishing one by one meets the same, and says so.
      return undefined;
    }
  }

  #publish(message: OutgoingMessage, messageHeaders: MsgHdrs): void {
    this.#connection.publish(message.subject, bytesOf(message.payload), { headers: messageHeaders });
  }
}
