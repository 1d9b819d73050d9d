import type { SqlExecutor } from '@orderflow/database';

/**
 * Served by the primary key, from the relay's scan floor on: rows of each owned stream that could be published, without
 * those that wait behind a refused one. A stream that the relay has not seen yet is looked at from its beginning.
 */
export const OLDEST_MS = `
  SELECT (extract(epoch FROM clock_timestamp() - min(first.created_at)) * 1000)::float8
  FROM messaging.relay_stream
  CROSS JOIN LATERAL (
    SELECT created_at FROM messaging.outbox AS waiting
    WHERE (waiting.stream, id) > (relay_stream.stream, relay_stream.scan_floor)
      AND (waiting.stream, id) <= (relay_stream.stream, 9007199254740991)
      AND coalesce(available_at, '-infinity') <= '-infinity' AND state <> 'refused'
      AND NOT EXISTS (
        SELECT FROM messaging.outbox AS refused
        WHERE refused.stream = waiting.stream AND refused.key = waiting.key AND refused.state = 'refused')
    ORDER BY waiting.stream, id LIMIT (SELECT 1)
  ) AS first
  WHERE relay_stream.stream <> 'DEAD_LETTERS'`;

/** Served by published_sequence: the newest row of each stream. */
const IDLE_MS = `
  SELECT (extract(epoch FROM clock_timestamp() - max(newest.published_at)) * 1000)::float8
  FROM messaging.relay_stream
  CROSS JOIN LATERAL (
    SELECT published_at FROM messaging.published
    WHERE published.stream = relay_stream.stream AND published.incarnation = relay_stream.incarnation
    ORDER BY sequence DESC LIMIT 1
  ) AS newest
  WHERE relay_stream.stream <> 'DEAD_LETTERS'`;

export interface Backlog {
  oldestMs: number;
  idleMs: number;
}

/** How the outbox fares, as any instance may ask. */
export class BacklogStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  /** How long the oldest row that could be published has waited, and how long ago any was published, in ms. */
  async read(): Promise<Backlog> {
    const [row] = await this.#database.query<{ oldest_ms: number | null; idle_ms: number | null }>(
      `SELECT (${OLDEST_MS}) AS oldest_ms, (${IDLE_MS}) AS idle_ms`,
    );
    return { oldestMs: Math.round(row?.oldest_ms ?? 0), idleMs: Math.round(row?.idle_ms ?? Infinity) };
  }
}
