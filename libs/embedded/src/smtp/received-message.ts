import { simpleParser } from 'mailparser';
import type { Readable } from 'node:stream';

/** A message as the sink keeps it. */
export interface ReceivedMessage {
  /** Sender and recipients of the envelope: who it was really for, whatever the headers say. */
  from: string;
  to: string[];
  subject: string;
  /** The plain-text part; empty when there is none. */
  text: string;
  messageId: string | undefined;
  /** By lower-case name; of a repeated header the last one. */
  headers: Record<string, string>;
  /** ISO 8601. */
  receivedAt: string;
}

export interface Envelope {
  from: string;
  to: string[];
}

export async function readMessage(source: Readable, envelope: Envelope): Promise<ReceivedMessage> {
  const mail = await simpleParser(source);
  const headers = mail.headerLines.map(({ key, line }) => [key, valueOf(line)] as const);
  return {
    ...envelope,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    messageId: mail.messageId,
    headers: Object.fromEntries(headers),
    receivedAt: new Date().toISOString(),
  };
}

/** A header goes on in lines that begin with a blank; the line break is not part of its value (RFC 5322, 2.2.3). */
function valueOf(line: string): string {
  return line
    .slice(line.indexOf(':') + 1)
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}
