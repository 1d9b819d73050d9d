import { randomBytes } from 'node:crypto';

/** W3C Trace Context, section 3.2: any version but ff, and ids that are not all zero. Version 00 has nothing behind its flags. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[!-~]{1,200})?$/;

/** The trace that a message came with, if it is one; otherwise a new one, sampled. */
export function traceparentFrom(received: string | undefined): string {
  const match = received === undefined ? null : TRACEPARENT.exec(received);
  const isValid = match !== null && (match[1] !== '00' || match[2] === undefined);
  return isValid ? match[0] : `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
