import type { StreamDefinition } from '../contract/stream-definition.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import type { OutboxRow } from './outbox-row.ts';

/** nats-server's default `max_payload`: of a message with its headers. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576;
/** nats-server: "header size exceeds maximum allowed of 64k". */
const MAX_HEADER_BYTES = 65_535;
/** The headers of the relay: expected stream, batch id, place in the batch. The message id is counted apart. */
const RELAY_HEADER_BYTES = 400;

/** What this service may publish. Checked when an event is added, so that none waits in the outbox for ever. */
export class PublishRules {
  readonly #streams: ReadonlySet<string> | undefined;
  readonly #maxPayloadBytes: () => number | undefined;
  /** Of streams that have a limit of their own. */
  readonly #maxMessageBytes = new Map<string, number>();

  /**
   * @param streams that the service owns
   * @param maxPayloadBytes as the connected server says; undefined while there is no connection
   */
  constructor(streams: readonly StreamDefinition[] | 'any', maxPayloadBytes: () => number | undefined) {
    this.#streams = streams === 'any' ? undefined : new Set(streams.map(({ name }) => name));
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** @param bytes `max_msg_size` of the stream; -1 for none */
  limit(stream: string, bytes: number): void {
    if (bytes > 0) this.#maxMessageBytes.set(stream, bytes);
    else this.#maxMessageBytes.delete(stream);
  }

  /** @throws MessagingError `STREAM_FOREIGN`, or `PUBLISH_REJECTED` for an event that the broker would never take */
  check(row: OutboxRow): void {
    const type = row.headers['ce-type'] ?? row.subject;
    if (this.#streams?.has(row.stream) === false) throw foreign(type, row.stream);
    const headerBytes = RELAY_HEADER_BYTES + row.messageId.length + bytesOf(row.headers);
    const bytes = headerBytes + Buffer.byteLength(row.payload);
    const payloadLimit = this.#maxPayloadBytes() ?? DEFAULT_MAX_PAYLOAD_BYTES;
    const limit = Math.min(payloadLimit, this.#maxMessageBytes.get(row.stream) ?? Infinity);
    if (headerBytes > MAX_HEADER_BYTES)
      throw tooLarge(`The headers of an event ${type}`, headerBytes, MAX_HEADER_BYTES);
    if (bytes > limit) throw tooLarge(`An event ${type}`, bytes, limit);
  }
}

function bytesOf(headers: Readonly<Record<string, string>>): number {
  let bytes = 0;
  for (const name in headers) bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '') + 4;
  return bytes;
}

function tooLarge(what: string, bytes: number, limit: number): MessagingError {
  return new MessagingError('PUBLISH_REJECTED', `${what}: ${String(bytes)} bytes are too large.`, {
    remedy: `Keep it under ${String(limit)} bytes, headers included: publish a reference to large content.`,
  });
}

function foreign(type: string, stream: string): MessagingError {
  return new MessagingError(
    'STREAM_FOREIGN',
    `An event ${type} belongs to stream ${stream}, which this service does not own.`,
    {
      remedy:
        'Publish events of your own streams, or name the stream in the options of MessagingModule if this service owns it.',
    },
  );
}
