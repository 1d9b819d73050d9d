import { MessagingError } from '../messaging-error.ts';
import type { BlockedKey, DeadLetterFilter, DeadLetterStore, Intervention } from './dead-letter-store.ts';
import type { Interventions, Reason } from './interventions.ts';
import type { ParkedRow } from './parked-store.ts';

/** A message that failed for good, as people see it. */
export interface DeadLetter {
  id: number;
  /** `ordered`, the name of a queue group, or `unrouted`. */
  consumer: string;
  key: string;
  messageId: string;
  stream: string;
  sequence: number;
  subject: string;
  reason: string | null;
  attempts: number;
  deaths: number;
  parkedAt: string;
}

export interface DeadLetterDetail extends DeadLetter {
  headers: Record<string, string>;
  /** The body as text; base64 when it is no UTF-8. */
  body: string;
  bodyEncoding: 'utf8' | 'base64';
  history: { at: string; error: string }[];
  interventions: Intervention[];
}

export interface Page<T> {
  items: T[];
  /** Give it as `after` for the next page; null on the last one. */
  next: number | null;
}

/** The dead letters of this service: to be seen, and to be repaired. */
export class DeadLetters {
  readonly #store: DeadLetterStore;
  readonly #interventions: Interventions;

  constructor(store: DeadLetterStore, interventions: Interventions) {
    this.#store = store;
    this.#interventions = interventions;
  }

  /** In the order in which they were parked. */
  async list(filter: DeadLetterFilter = {}): Promise<Page<DeadLetter>> {
    const limit = filter.limit ?? 50;
    const rows = await this.#store.list({ ...filter, limit: limit + 1 });
    const items = rows.slice(0, limit).map(summaryOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws MessagingError `NOT_FOUND` */
  async show(id: number): Promise<DeadLetterDetail> {
    const row = await this.#store.find(id);
    if (row === undefined) {
      throw new MessagingError('NOT_FOUND', `There is no dead letter ${String(id)}.`, {
        remedy: 'List the dead letters: it may have been redriven or discarded.',
      });
    }
    return {
      ...summaryOf(row),
      ...bodyOf(row),
      headers: row.headers,
      history: row.history,
      interventions: await this.#store.interventions(row),
    };
  }

  /** Keys whose messages wait in the database. */
  blockedKeys(page: { after?: string | undefined; limit?: number | undefined } = {}): Promise<BlockedKey[]> {
    return this.#store.blockedKeys(page);
  }

  /** Handles the message again, and after it, in order, what waits behind it. Its attempts start from 0. */
  redrive(id: number, reason: Reason): Promise<void> {
    return this.#interventions.redrive(id, reason);
  }

  /** Gives the message up for good; what waits behind it is handled in order. */
  discard(id: number, reason: Reason): Promise<void> {
    return this.#interventions.discard(id, reason);
  }

  /** Replaces the body; redrive it afterwards. */
  edit(id: number, payload: Uint8Array, reason: Reason): Promise<void> {
    return this.#interventions.edit(id, payload, reason);
  }
}

function summaryOf(row: ParkedRow): DeadLetter {
  return {
    id: row.id,
    consumer: row.consumer,
    key: row.key,
    messageId: row.message_id,
    stream: row.stream,
    sequence: row.stream_seq,
    subject: row.subject,
    reason: row.reason,
    attempts: row.attempts,
    deaths: row.deaths,
    parkedAt: row.parked_at.toISOString(),
  };
}

function bodyOf(row: ParkedRow): Pick<DeadLetterDetail, 'body' | 'bodyEncoding'> {
  const text = row.payload.toString('utf8');
  const bodyEncoding = Buffer.from(text).equals(row.payload) ? 'utf8' : 'base64';
  return { body: bodyEncoding === 'utf8' ? text : row.payload.toString('base64'), bodyEncoding };
}
