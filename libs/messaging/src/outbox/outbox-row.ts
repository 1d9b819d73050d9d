import { randomBytes } from 'node:crypto';
import { checkContract, contractOfEvent } from '../contract/contract.ts';
import { MessagingError } from '../messaging-error.ts';
import { publishSubject } from '../topology/subject.ts';
import { newMessageId } from './message-id.ts';

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
}

export interface SendOptions {
  /** Publish not before this many milliseconds from now. */
  delayMs?: number;
}

/** nats-server's default `max_payload` is 1 MiB, headers included; what is larger would be stuck in the outbox for ever. */
const MAX_PAYLOAD_BYTES = 1_000_000;

/**
 * Checks an event against its contract and wraps it in CloudEvents 1.0 (binary mode).
 *
 * @throws MessagingError `CONTRACT_MISSING`, `CONTRACT_VIOLATION`, `KEY_INVALID`, or `PUBLISH_REJECTED` when too large
 */
export function outboxRow(event: object, origin: Origin, options: SendOptions = {}): OutboxRow {
  const contract = contractOfEvent(event);
  const checked = checkContract(contract.cls, event);
  const key = contract.key(checked);
  const payload = JSON.stringify(checked);
  assertSize(payload, contract.type);
  const messageId = newMessageId();
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
    'ce-source': `/services/${origin.source}`,
    'ce-type': event.type,
    'ce-subject': event.key,
    'ce-time': new Date().toISOString(),
    'content-type': 'application/json',
    traceparent: origin.traceparent ?? newTraceparent(),
    ...(origin.causationId === undefined ? {} : { 'ce-causationid': origin.causationId }),
  };
}

/** W3C Trace Context, version 00, sampled. */
function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

function assertSize(payload: string, type: string): void {
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new MessagingError('PUBLISH_REJECTED', `An event ${type} of ${String(bytes)} bytes is too large.`, {
    remedy: `Keep events under ${String(MAX_PAYLOAD_BYTES)} bytes: publish a reference to large content.`,
  });
}
