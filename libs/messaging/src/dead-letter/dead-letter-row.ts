import { isUtf8 } from 'node:buffer';
import type { HeldMessage } from '../consumer/held-message.ts';
import type { AttemptRecord } from '../inbox/inbox.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
import { storable } from '../text.ts';
import { DEAD_LETTERS } from '../topology/stream-config.ts';

export interface Burial {
  reason: string;
  attempts: number;
  history: readonly AttemptRecord[];
  /** How often it was a dead letter, this time included. */
  deaths: number;
}

/** Control headers of the broker: a copy of them would be obeyed again (a stale `Nats-Msg-Id` makes the copy vanish). */
const CONTROL = /^nats-/i;

const MAX_HEADER = 4_096;
/** Below the broker's limit with room for the headers. */
const MAX_BODY_BYTES = 900_000;

/** Headers as published, without those that steer the broker. */
export function originalHeaders(held: HeldMessage): Record<string, string> {
  const source = held.delivery.headers;
  const names = (source?.keys() ?? []).filter((name) => !CONTROL.test(name));
  return Object.fromEntries(
    names.map((name) => [storable(name), storable(source?.get(name) ?? '', MAX_HEADER)]),
  );
}

/**
 * The copy that goes to DEAD_LETTERS: original body and headers, with the reason beside them. Its id is made of the
 * consumer, the original id and the number of its death, so that each death is copied once.
 */
export function deadLetterRow(consumer: string, held: HeldMessage, burial: Burial): OutboxRow {
  const body = bodyOf(held);
  return {
    messageId: `dead:${consumer}:${held.stream}:${held.messageId}:${String(burial.deaths)}`,
    stream: DEAD_LETTERS.name,
    subject: `${DEAD_LETTERS.prefix}.${consumer}.${held.key}`,
    // A chain of its own: a copy that the broker refuses must not hold up what the key publishes.
    key: `${DEAD_LETTERS.prefix}.${consumer}.${held.key}`,
    payload: body.text,
    delayMs: undefined,
    headers: {
      ...originalHeaders(held),
      'orderflow-message-id': held.messageId,
      'orderflow-consumer': consumer,
      'orderflow-stream': held.stream,
      'orderflow-sequence': String(held.sequence),
      'orderflow-subject': held.subject,
      'orderflow-reason': singleLine(burial.reason),
      'orderflow-attempts': String(burial.attempts),
      'orderflow-history': JSON.stringify(burial.history.slice(-5)),
      'orderflow-body': body.encoding,
    },
  };
}

/** `omitted`: too large for a message; the whole body is in messaging.parked. */
function bodyOf(held: HeldMessage): { text: string; encoding: 'original' | 'base64' | 'omitted' } {
  const body = Buffer.from(held.delivery.data);
  const original = isUtf8(body) && !body.includes(0);
  const text = body.toString(original ? 'utf8' : 'base64');
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) return { text: '', encoding: 'omitted' };
  return { text, encoding: original ? 'original' : 'base64' };
}

/** Header values end at a line break. */
function singleLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
