import type { Selection } from './dead-letter-selection.ts';
import {
  type BlockedKey,
  type DeadLetterFilter,
  type DeadLetterStore,
  DEFAULT_LIMIT,
  type Intervention,
  type ListedRow,
} from './dead-letter-store.ts';
import type { WholeRow } from '../deferred/parked-row.ts';
import { type Interventions, notFound, type Reason } from './interventions.ts';

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
  /** How often it was a dead letter. */
  deaths: number;
  /** `waiting`: it was redriven, or an earlier one of its key is dead. */
  state: 'dead' | 'waiting';
  /** Whether later messages of its key wait for it, and how many do. */
  blocks: boolean;
  behind: number;
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

export interface Page<T, Cursor = number> {
  items: T[];
  /** Give it as `after` for the next page; null on the last one. */
  next: Cursor | null;
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
    const limit = filter.limit ?? DEFAULT_LIMIT;
    const rows = await this.#store.list({ ...filter, limit: limit + 1 });
    const items = rows.slice(0, limit).map(summaryOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws MessagingError `NOT_FOUND` */
  async show(id: number): Promise<DeadLetterDetail> {
    const row = await this.#store.find(id);
    if (row === undefined) throw notFound(id);
    return {
      ...summaryOf(row),
      ...bodyOf(row),
      headers: row.headers,
      history: row.history,
      interventions: await this.#store.interventions(row),
    };
  }

  /** Keys whose messages wait in the database. */
  async blockedKeys(
    page: { after?: string | undefined; limit?: number | undefined } = {},
  ): Promise<Page<BlockedKey, string>> {
    const { after = '', limit = DEFAULT_LIMIT } = page;
    // Neither part can have a dot: both are tokens of subjects.
    const [key = '', consumer = ''] = after.split('.');
    const rows = await this.#store.blockedKeys({ after: { key, consumer }, limit: limit + 1 });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, next: more ? `${last.key}.${last.consumer}` : null };
  }

  /** Handles the message again, and after it, in order, what waits behind it. Its attempts start from 0. */
  redrive(id: number, reason: Reason): Promise<void> {
    return this.#interventions.redrive(id, reason);
  }

  /**
   * Redrives every dead letter of the selection in the order in which they were parked, or none of them.
   *
   * @throws MessagingError `COUNT_DIFFERS` when they are not as many as expected
   * @returns their ids
   */
  redriveAll(selection: Selection, reason: Reason): Promise<number[]> {
    return this.#interventions.redriveAll(selection, reason);
  }

  /** Gives the message up for good; what waits behind it is handled in order. */
  discard(id: number, reason: Reason): Promise<void> {
    return this.#interventions.discard(id, reason);
  }

  /**
   * Gives up every dead letter of the selection for good, or none of them.
   *
   * @throws MessagingError `COUNT_DIFFERS` when they are not as many as expected
   * @returns their ids
   */
  discardAll(selection: Selection, reason: Reason): Promise<number[]> {
    return this.#interventions.discardAll(selection, reason);
  }

  /** Replaces the body; redrive it afterwards. */
  edit(id: number, payload: Uint8Array, reason: Reason): Promise<void> {
    return this.#interventions.edit(id, payload, reason);
  }
}

function summaryOf(row: ListedRow): DeadLetter {
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
    state: row.state,
    blocks: row.blocks,
    behind: row.behind,
    parkedAt: row.parked_at.toISOString(),
  };
}

function bodyOf(row: Pick<WholeRow, 'payload'>): Pick<DeadLetterDetail, 'body' | 'bodyEncoding'> {
  const text = row.payload.toString('utf8');
  const bodyEncoding = Buffer.from(text).equals(row.payload) ? 'utf8' : 'base64';
  return { body: bodyEncoding === 'utf8' ? text : row.payload.toString('base64'), bodyEncoding };
}
