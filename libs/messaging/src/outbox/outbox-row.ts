import { checkedEvent, contractOfEvent } from '../contract/contract.ts';
import { publishSubject } from '../topology/subject.ts';
import { newMessageId } from './message-id.ts';
import { traceparentFrom } from './traceparent.ts';

/** An event as it waits in the outbox. */
export interface OutboxRow {
  messageId: string;
  stream: string;
  subject: string;
  key: string;
  headers: Record<string, string>;
  payload: string;
  /** Published not before this long after the insert, by the database's clock; undefined means at once. */
  delayMs: number | undefined;
}

/** Where an event comes from: its service, and the message that caused it if one did. */
export interface Origin {
  source: string;
  causationId?: string | undefined;
  traceparent?: string | undefined;
  /** The id of an event of this type. Default: a new one. */
  messageId?: (type: string) => string;
}

export interface SendOptions {
  /** Publish not before this many milliseconds from now. */
  delayMs?: number;
}

/**
 * Checks an event against its contract and wraps it in CloudEvents 1.0 (binary mode).
 *
 * @throws MessagingError `CONTRACT_MISSING`, `CONTRACT_VIOLATION`, `KEY_INVALID`
 */
export function outboxRow(event: object, origin: Origin, options: SendOptions = {}): OutboxRow {
  const contract = contractOfEvent(event);
  const { event: checked, body: payload } = checkedEvent(event);
  const key = contract.key(checked);
  const messageId = origin.messageId?.(contract.type) ?? newMessageId();
  return {
    messageId,
    stream: contract.stream.name,
    subject: publishSubject(contract.stream, key, contract.event),
    key,
    headers: cloudEventHeaders({ messageId, type: contract.type, key }, origin),
    payload,
    delayMs: options.delayMs,
  };
}

function cloudEventHeaders(
  event: { messageId: string; type: string; key: string },
  origin: Origin,
): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-id': event.messageId,
    'ce-source': sourceOf(origin.source),
    'ce-type': event.type,
    'ce-subject': event.key,
    'ce-time': new Date().toISOString(),
    'content-type': 'application/json',
    traceparent: traceparentFrom(origin.traceparent),
    ...(origin.causationId === undefined ? {} : { 'ce-causationid': origin.causationId }),
  };
}

/** `ce-source` of what a service publishes. */
export function sourceOf(service: string): string {
  return `/services/${service}`;
}
