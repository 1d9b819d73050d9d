import { createHash } from 'node:crypto';
import type { NotifiedFactType } from './notification.ts';

/** This project's own UUID namespace for notifications; a random one, made once. It must never change. */
const NAMESPACE = Buffer.from('5b1c7c0e8f0d4a6fa6a5c2b4b0f7d913', 'hex');

/**
 * A UUID of version 5 (RFC 9562, section 5.5) made of the order and the fact: whoever handles the fact again gets the
 * same id, so that one fact is one e-mail even where the inbox no longer remembers it.
 */
export function notificationIdOf(orderId: string, fact: NotifiedFactType): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(`${orderId}/${fact}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
