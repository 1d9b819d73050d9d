import { isUtf8 } from 'node:buffer';
import type { HeldMessage } from '../consumer/held-message.ts';
import type { AttemptRecord } from '../inbox/inbox.ts';
import type { OutboxRow } from '../outbox/outbox-row.ts';
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

/** Headers as published, without those that steer the broker. */
export function originalHeaders(held: HeldMessage): Record<string, string> {
  const source = held.delivery.headers;
  const names = (source?.keys() ?? []).filter((name) => !CONTROL.test(name));
  return Object.fromEntries(names.map((name) => [name, source?.get(name) ?? '']));
}

/**
 * The copy that goes to DEAD_LETTERS: original body and headers, with the reason beside them. Its id is made of the
 * consumer, the original id and the number of its death, so that each death is copied once.
 */
export function deadLetterRow(consumer: string, held: HeldMessage, burial: Burial): OutboxRow {
  const body = Buffer.from(held.delivery.data);
  const text = isUtf8(body) && !body.includes(0);
  return {
    messageId: `dead:${consumer}:${held.messageId}:${String(burial.deaths)}`,
    stream: DEAD_LETTERS.name,
    subject: `${DEAD_LETTERS.prefix}.${consumer}.${held.key}`,
    key: held.key,
    payload: text ? body.toString('utf8') : body.toString('base64'),
    availableAt: undefined,
    headers: {
      ...originalHeaders(held),
      'orderflow-message-id': held.messageId,
      'orderflow-consumer': consumer,
      'orderflow-stream': held.stream,
      'orderflow-sequence': String(held.sequence),
      'orderflow-subject': held.subject,
      'orderflow-reason': singleLine(burial.reason),
      'orderflow-attempts': String(burial.attempts),
      'orderflow-history': JSON.stringify(burial.history),
      'orderflow-body': text ? 'original' : 'base64',
    },
  };
}

/** Header values end at a line break. */
function singleLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
