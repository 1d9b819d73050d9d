import { simpleParser } from 'mailparser';

/** A message as the sink shows it. */
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

/** A message as the sink keeps it: read only when somebody asks. */
export interface KeptMessage {
  from: string;
  to: string[];
  /** Header and body, a character for each byte. */
  raw: string;
  receivedAt: string;
}

/** Nobody asks for HTML. */
const ONLY_TEXT = { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true, skipTextLinks: true };

export async function readMessage({ from, to, raw, receivedAt }: KeptMessage): Promise<ReceivedMessage> {
  const mail = await simpleParser(Buffer.from(raw, 'latin1'), ONLY_TEXT);
  const headers = mail.headerLines.map(({ key, line }) => [key, valueOf(line)] as const);
  return {
    from,
    to,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    messageId: mail.messageId,
    headers: Object.fromEntries(headers),
    receivedAt,
  };
}

/** A header goes on in lines that begin with a blank; the line break is not part of its value (RFC 5322, 2.2.3). */
function valueOf(line: string): string {
  return line
    .slice(line.indexOf(':') + 1)
    .replace(/\r?\n(?=[ \t])/g, '')
    .trim();
}
