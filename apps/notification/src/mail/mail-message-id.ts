/**
 * Message-ID header (RFC 5322, section 3.6.4) of a notification's mail, angle brackets included: the same at every
 * attempt, so that whoever receives a copy can tell that it is one.
 *
 * @param from sender as in MAIL_FROM; its domain makes the id unique in the world
 */
export function mailMessageIdOf(notificationId: string, from: string): string {
  const domain = /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1];
  if (domain === undefined)
    throw new Error('MAIL_FROM has no domain. Set it to an address like orders@shop.example.');
  return `<${notificationId}@${domain}>`;
}
