import type { SqlExecutor } from '@orderflow/database';

export interface UnpublishedRow {
  id: number;
  message_id: string;
  stream: string;
  subject: string;
  key: string;
  headers: Record<string, string>;
  payload: string;
}

export interface PublishedMark {
  id: number;
  sequence: number;
}

/** What a look at the outbox leaves out. */
export interface Exclusions {
  /** Rows that are under way. */
  ids: readonly number[];
  keys: readonly string[];
}

/**
 * Served by outbox_unpublished. By flag, not by a cursor: a row that commits late has a smaller number than rows already
 * seen. The limit is a subquery so that the planner does not know it. From statistics of a moment without a backlog it
 * expects hardly any row, takes the limit for more than there is, and reads and sorts the whole backlog at each look;
 * of an unknown limit it assumes a tenth of the rows, for which reading along the index is always cheaper.
 */
const FETCH = `
  SELECT id, message_id, stream, subject, key, headers, payload
  FROM messaging.outbox
  WHERE published_at IS NULL AND available_at IS NULL AND id <> ALL ($1::bigint[]) AND key <> ALL ($2::text[])
  ORDER BY id
  LIMIT (SELECT $3::int)`;

const MARK = `
  UPDATE messaging.outbox
  SET published_at = clock_timestamp(), published_seq = mark.seq
  FROM unnest($1::bigint[], $2::bigint[]) AS mark (id, seq)
  WHERE outbox.id = mark.id`;

/**
 * Served by outbox_delayed, which a volatile time such as clock_timestamp() could not use. SKIP LOCKED: a transaction
 * that is cancelling a row must not hold up all others. A released row begins to wait now: by its insert it would look stuck.
 */
const RELEASE_DUE = `
  UPDATE messaging.outbox SET available_at = NULL, created_at = available_at
  WHERE id IN (
    SELECT id FROM messaging.outbox WHERE available_at <= statement_timestamp() LIMIT 1000 FOR UPDATE SKIP LOCKED
  ) RETURNING id`;

/** Rows removed by one statement. */
export const PRUNE_BATCH = 5_000;

/** Served by outbox_published, which a volatile time could not use. */
const PRUNE = `
  DELETE FROM messaging.outbox
  WHERE id IN (
    SELECT id FROM messaging.outbox
    WHERE published_at < statement_timestamp() - make_interval(secs => $1)
    LIMIT ${String(PRUNE_BATCH)}
  ) RETURNING id`;

/** Served by outbox_unpublished and outbox_published. */
const BACKLOG = `
  SELECT
    (SELECT (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 FROM messaging.outbox
     WHERE published_at IS NULL AND available_at IS NULL ORDER BY id LIMIT 1) AS oldest_ms,
    (SELECT (extract(epoch FROM clock_timestamp() - max(published_at)) * 1000)::float8 FROM messaging.outbox
     WHERE published_at IS NOT NULL) AS idle_ms`;

export class RelayStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  /** The oldest unpublished rows, without those that are left out. */
  fetch(without: Exclusions, limit: number): Promise<UnpublishedRow[]> {
    return this.#database.query<UnpublishedRow>(FETCH, [without.ids, without.keys, limit]);
  }

  async mark(marks: readonly PublishedMark[]): Promise<void> {
    await this.#database.query(MARK, [marks.map((mark) => mark.id), marks.map((mark) => mark.sequence)]);
  }

  /** Lets delayed rows whose time has come be published. Returns how many. */
  async releaseDue(): Promise<number> {
    return (await this.#database.query(RELEASE_DUE)).length;
  }

  /** Removes rows that were published longer ago than this. Returns how many, 5,000 at most. */
  async prune(olderThanMs: number): Promise<number> {
    return (await this.#database.query(PRUNE, [olderThanMs / 1000])).length;
  }

  /** How long the oldest row that could be published has waited, and how long ago any was published, in ms. */
  async backlog(): Promise<{ oldestMs: number; idleMs: number }> {
    const [row] = await this.#database.query<{ oldest_ms: number | null; idle_ms: number | null }>(BACKLOG);
    return { oldestMs: Math.round(row?.oldest_ms ?? 0), idleMs: Math.round(row?.idle_ms ?? Infinity) };
  }
}
