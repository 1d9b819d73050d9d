import { Buffer } from 'node:buffer';

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * FNV-1a, 32 bit, over the UTF-8 bytes of `text`: the hash behind nats-server's `{{partition(n,token)}}`.
 * Source: http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a32(text: string): number {
  let hash = OFFSET_BASIS;
  for (const byte of Buffer.from(text, 'utf8')) {
    hash ^= byte;
    hash = Math.imul(hash, PRIME) >>> 0;
  }
  return hash;
}

/** The partition, from 0 to `count - 1`, in which the broker puts a key. Not consistent: another count moves almost every key. */
export function partitionOf(key: string, count: number): number {
  return fnv1a32(key) % count;
}
