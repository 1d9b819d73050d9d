import { createHash, randomBytes } from 'node:crypto';

/** A UUIDv7 (RFC 9562): its first 48 bits are the time in ms, so that ids made later sort later. */
export function newMessageId(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  return formatted(bytes, 7);
}

/** Why an event is published: the handling of one message by one consumer. */
export interface Cause {
  consumer: string;
  stream: string;
  messageId: string;
}

/**
 * The id of what a handler publishes: a UUIDv8 (RFC 9562) of SHA-256 over the cause, the event's type and its number among
 * the publications of this handling. Handling the message again, after a restored backup for instance, gives the same ids,
 * so that subscribers recognise the events.
 */
export function derivedMessageId(cause: Cause, type: string, number: number): string {
  const parts = JSON.stringify([cause.consumer, cause.stream, cause.messageId, type, number]);
  return formatted(createHash('sha256').update(parts).digest().subarray(0, 16), 8);
}

function formatted(bytes: Buffer, version: number): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
