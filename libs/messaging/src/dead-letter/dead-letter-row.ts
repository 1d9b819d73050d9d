import { isUtf8 } from 'node:buffer';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { AttemptRecord } from '../inbox/claim.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { originalHeaders } from '../message/message-headers.ts';
import { storable } from '../message/storable-text.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';

export interface DeadLetterDetails {
  reason: string;
  attempts: number;
  history: readonly AttemptRecord[];
  /** How often it was a dead letter, this time included. */
  deaths: number;
}

/** Of the copy: its own headers, and as many of the original ones as fit. The relay adds the id and the stream's name. */
const MAX_HEADERS_BYTES = 60_000;
const MAX_COPIED_HEADER = 4_096;
const MAX_HISTORY_BYTES = 8_192;
/** Below the broker's limit with room for the headers. */
const MAX_BODY_BYTES = 900_000;
/** Names that go on the wire as they are. */
const NAME = /^[!-9;-~]+$/;

/**
 * The copy that goes to DEAD_LETTERS: original body and headers, with the reason beside them. Its id is made of the
 * consumer, the original id and the number of its death, so that each death is copied once.
 */
export function deadLetterRow(
  consumer: string,
  held: ReceivedMessage,
  details: DeadLetterDetails,
): OutboxRow {
  const body = bodyOf(held);
  return {
    messageId: `dead:${consumer}:${held.stream}:${held.messageId}:${String(details.deaths)}`,
    stream: DEAD_LETTERS.name,
    subject: `${DEAD_LETTERS.prefix}.${consumer}.${held.key}`,
    // A chain of its own: a copy that the broker refuses must not hold up what the key publishes.
    key: `${DEAD_LETTERS.prefix}.${consumer}.${held.key}`,
    payload: body.text,
    delayMs: undefined,
    headers: withOriginal(
      {
        'orderflow-message-id': held.messageId,
        'orderflow-consumer': consumer,
        'orderflow-stream': held.stream,
        'orderflow-sequence': String(held.sequence),
        'orderflow-subject': singleLine(held.subject),
        'orderflow-reason': singleLine(details.reason),
        'orderflow-attempts': String(details.attempts),
        'orderflow-history': newestOf(details.history),
        'orderflow-body': body.encoding,
      },
      originalHeaders(held),
    ),
  };
}

/** Our headers, and of the original ones as many as the broker takes, the shortest first. `orderflow-headers-dropped` counts the rest. */
function withOriginal(
  ours: Record<string, string>,
  original: Record<string, string>,
): Record<string, string> {
  const sendable = Object.entries(original)
    .map(([name, value]): [string, string] => [name, singleLine(value, MAX_COPIED_HEADER)])
    .filter(([name]) => NAME.test(name) && !(name in ours))
    .toSorted((a, b) => bytesOf(...a) - bytesOf(...b));
  const result: Record<string, string> = {};
  let room = MAX_HEADERS_BYTES - Object.entries(ours).reduce((sum, header) => sum + bytesOf(...header), 0);
  for (const [name, value] of sendable) {
    room -= bytesOf(name, value);
    if (room < 0) break;
    result[name] = value;
  }
  const dropped = Object.keys(original).length - Object.keys(result).length;
  const marker = dropped > 0 ? { 'orderflow-headers-dropped': String(dropped) } : {};
  return { ...result, ...ours, ...marker };
}

/** On the wire: `name: value` and a line break. */
function bytesOf(name: string, value: string): number {
  return Buffer.byteLength(name) + Buffer.byteLength(value) + 4;
}

/** The last five attempts, or fewer, so that a header holds them. */
function newestOf(history: readonly AttemptRecord[]): string {
  for (let count = 5; count > 0; count--) {
    const text = JSON.stringify(history.slice(-count));
    if (Buffer.byteLength(text) <= MAX_HISTORY_BYTES) return text;
  }
  return '[]';
}

/** `omitted`: too large for a message; the whole body is in messaging.parked. */
function bodyOf(held: ReceivedMessage): { text: string; encoding: 'original' | 'base64' | 'omitted' } {
  const body = Buffer.from(held.delivery.data);
  const original = isUtf8(body) && !body.includes(0);
  const text = body.toString(original ? 'utf8' : 'base64');
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return { text: '', encoding: 'omitted' };
  return { text, encoding: original ? 'original' : 'base64' };
}

/** Header values end at a line break. */
function singleLine(text: string, maxLength = 500): string {
  return storable(text.replace(/[\r\n]+/g, ' '), maxLength);
}
