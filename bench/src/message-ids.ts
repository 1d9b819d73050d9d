import { randomBytes } from 'node:crypto';

/** Ids of 36 characters, as long as a UUID: unique to the process, and cheap, so that all contestants pay the same little. */
export function messageIds(): () => string {
  const prefix = randomBytes(12).toString('hex');
  let n = 0;
  return () => `${prefix}${String(n++).padStart(12, '0')}`;
}
