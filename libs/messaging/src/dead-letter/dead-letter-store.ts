import { ofKey } from '../deferred/blocked-keys.ts';
import type { SqlExecutor } from '@orderflow/database';
import type { ParkedRow, WholeRow } from '../deferred/parked-row.ts';
import { type DeadLetterRange, deadLetterRange } from './dead-letter-range.ts';

export interface DeadLetterFilter extends Omit<DeadLetterRange, 'throughId'> {
  /** 1 to 200. Default 50. */
  limit?: number | undefined;
}

export interface ListedRow extends ParkedRow {
  /** Messages of its key that wait behind it. */
  behind: number;
}

export interface BlockedKey {
  consumer: string;
  key: string;
  partition: number;
  state: 'blocked' | 'draining';
  since: Date;
  /** Parked messages, the dead one included. */
  parked: number;
}

export interface Intervention {
  id: number;
  at: Date;
  who: string;
  why: string;
  action: 'redrive' | 'discard' | 'edit';
  consumer: string;
  key: string;
  message_id: string;
}

/** Without the body, which a list does not show. */
const COLUMNS = `
  id, consumer, key, message_id, stream, stream_seq, subject, headers, stored_at, state, blocks, reason, attempts,
  history, deaths, parked_at`;

/**
 * All of its key but those before it, which are counted, to 1,000 at most: as a rule a dead letter is the oldest of its
 * key, and there is none. Served by parked_key.
 */
const BEHIND = `
  CASE WHEN blocks THEN greatest(0, coalesce((
    SELECT messages FROM messaging.blocked_key AS blocked
    WHERE blocked.consumer = parked.consumer AND blocked.key = parked.key
  ), 0) - (
    SELECT count(*)::int FROM (
      SELECT FROM messaging.parked AS earlier
      WHERE ${ofKey('earlier', 'parked.consumer', 'parked.key')} AND earlier.id <= parked.id
      LIMIT 1000
    ) AS earlier
  )) ELSE 0 END AS behind`;

/** The planner does not know the limit: it would take a known one for all that match. */
export function listOf(filter: DeadLetterFilter): { text: string; values: readonly unknown[] } {
  const { where, order, values } = deadLetterRange(filter);
  const text = `
    SELECT ${COLUMNS}, ${BEHIND} FROM messaging.parked WHERE ${where}
    ORDER BY ${order} LIMIT (SELECT $${String(values.length + 1)}::int)`;
  return { text, values: [...values, filter.limit ?? DEFAULT_LIMIT] };
}

const GET = `SELECT ${COLUMNS}, payload, ${BEHIND} FROM messaging.parked WHERE id = $1`;

const INTERVENTIONS = `
  SELECT id, at, who, why, action, consumer, key, message_id FROM messaging.intervention
  WHERE consumer = $1 AND message_id = $2 ORDER BY id`;

/** Served by blocked_key_list. */
export const BLOCKED = `
  SELECT consumer, key, partition, state, since, messages AS parked
  FROM messaging.blocked_key
  WHERE (key, consumer) > ($1, $2) ORDER BY key, consumer LIMIT $3`;

export const DEFAULT_LIMIT = 50;

/** What was parked in this service, for people. */
export class DeadLetterStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  list(filter: DeadLetterFilter): Promise<ListedRow[]> {
    const { text, values } = listOf(filter);
    return this.#database.query<ListedRow>(text, values);
  }

  async find(id: number): Promise<(ListedRow & WholeRow) | undefined> {
    const [row] = await this.#database.query<ListedRow & WholeRow>(GET, [id]);
    return row;
  }

  /** Who did what to a message before. */
  interventions(row: ParkedRow): Promise<Intervention[]> {
    return this.#database.query<Intervention>(INTERVENTIONS, [row.consumer, row.message_id]);
  }

  blockedKeys(page: { after: { key: string; consumer: string }; limit: number }): Promise<BlockedKey[]> {
    return this.#database.query<BlockedKey>(BLOCKED, [page.after.key, page.after.consumer, page.limit]);
  }
}
