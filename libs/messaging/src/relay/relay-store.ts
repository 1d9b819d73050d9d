import { prepared, type SqlExecutor } from '@orderflow/database';
import type { Lease } from '../ownership/fence.ts';

export interface WaitingRow {
  id: number;
  message_id: string;
  stream: string;
  subject: string;
  key: string;
  headers: Record<string, string>;
  payload: string;
}

/** A row and the sequence at which its stream has it. */
export interface PublishedMark {
  id: number;
  messageId: string;
  sequence: number;
}

/** Where a look at a stream begins and ends, and the rows that it leaves out. */
export interface Look {
  after: number;
  /** Undefined: to the end. */
  upTo: number | undefined;
  /** Rows that are under way. */
  ids: readonly number[];
  /** Keys that are read by themselves, or that wait behind a refused row. */
  keys: readonly string[];
  rows: number;
  bytes: number;
}

/** Where to continue with a key. */
export interface KeyPosition {
  key: string;
  after: number;
}

/** How far row numbers have been drawn, and which transactions may still commit some. */
export interface Horizon {
  drawn: number;
  xmin: number;
  xmax: number;
}

interface KeyRow extends Omit<WaitingRow, 'id'> {
  wanted_key: string;
  id: number | null;
}

const ROW = 'id, message_id, stream, subject, key, headers, payload';
/** Of the row as the process holds it; does not read what PostgreSQL keeps out of line. */
const BYTES = 'octet_length(payload) + pg_column_size(headers) + 200';

/**
 * Served by the primary key. Written so that the planner takes it for cheap whatever statistics there are: those of a
 * moment without a backlog make it read and sort all that waits at each look. Of comparisons of rows and of `<=` it
 * expects a third each, of a limit that it does not know a tenth; `available_at IS NULL` would let it take outbox_key.
 * Of a condition inside coalesce it expects a half: thousands of numbers under way would make it expect nothing of `<> ALL`,
 * and a join with them so dear that it reads all, in parallel.
 */
const LOOK = `
  SELECT ${ROW}, found_rows
  FROM (
    SELECT *, sum(${BYTES}) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS position,
      count(*) OVER ()::int AS found_rows
    FROM (
      SELECT ${ROW} FROM messaging.outbox
      WHERE (stream, id) > ($1, $2) AND (stream, id) <= ($1, $3)
        AND coalesce(available_at, '-infinity') <= '-infinity' AND state <> 'refused'
        AND NOT coalesce(id = ANY ($4::bigint[]), false) AND NOT coalesce(key = ANY ($5::text[]), false)
      ORDER BY stream, id
      LIMIT (SELECT $6::int)
    ) AS found
  ) AS summed
  WHERE bytes <= $7::bigint OR position = 1
  ORDER BY id`;

/**
 * Served by outbox_key. A key without further rows has one answer without id. A range for `key = wanted_key`, which would let
 * the planner read the primary key: where one key has nearly all rows, it expects to meet any other at once, and reads millions.
 */
const LOOK_AT_KEYS = `
  SELECT wanted_key, ${ROW}
  FROM (
    SELECT *, sum(coalesce(size, 0)) OVER (ORDER BY place, id) AS bytes, row_number() OVER (ORDER BY place, id) AS position
    FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS wanted (wanted_key, after, place)
    LEFT JOIN LATERAL (
      SELECT ${ROW}, ${BYTES} AS size FROM messaging.outbox
      WHERE stream = $1 AND key BETWEEN wanted_key AND wanted_key AND (key, id) > (wanted_key, after)
        AND available_at IS NULL AND state = 'waiting' AND NOT coalesce(id = ANY ($6::bigint[]), false)
      ORDER BY key, id
      LIMIT (SELECT $4::int)
    ) AS found ON true
  ) AS summed
  WHERE bytes <= $5::bigint OR position = 1 OR id IS NULL
  ORDER BY place, id`;

/** Served by the primary key. */
const FIRST = `
  SELECT id FROM messaging.outbox WHERE (stream, id) > ($1, $2) AND (stream, id) <= ($1, $3) ORDER BY stream, id LIMIT 1`;

/** Served by outbox_key: one look into the index for each key, whatever waits for it. */
const KEYS = `
  WITH RECURSIVE found AS (
    (SELECT key FROM messaging.outbox WHERE stream = $1 AND available_at IS NULL ORDER BY stream, key LIMIT 1)
    UNION ALL
    SELECT (
      SELECT key FROM messaging.outbox AS next
      WHERE stream = $1 AND available_at IS NULL AND next.key > found.key ORDER BY stream, key LIMIT 1
    ) FROM found WHERE found.key IS NOT NULL
  )
  SELECT key FROM found WHERE key IS NOT NULL AND key <> ALL ($2::text[]) LIMIT $3`;

/**
 * Row numbers are drawn after a transaction has its id (see outbox-store.ts), and this statement's snapshot is taken
 * before it reads the sequence: so a number up to the `drawn` of an earlier statement belongs to a transaction below
 * the `xmax` of this one. A sequence that was never used says 1, which is the number of the first row to come.
 */
const HORIZON = prepared(`
  SELECT (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM messaging.outbox_id_seq) AS drawn,
    pg_snapshot_xmin(snapshot)::text::bigint AS xmin, pg_snapshot_xmax(snapshot)::text::bigint AS xmax
  FROM pg_current_snapshot() AS snapshot`);

/**
 * Moves rows to messaging.published. By number and message id: after a failover another row may have the number. FOR
 * SHARE: a relay whose lease has been taken marks nothing. Planned each time: a plan that was kept while little waited reads
 * all that waits. `ANY` keeps the planner from reading a whole stream that its statistics take for small, to join it with the marks.
 */
const MARK = `
  WITH fence AS MATERIALIZED (
    SELECT FROM messaging.ownership WHERE resource = $7 AND owner = $8 AND epoch = $9 FOR SHARE
  ), gone AS (
    DELETE FROM messaging.outbox AS waiting
    USING unnest($2::bigint[], $3::text[], $4::bigint[]) AS mark (id, message_id, sequence)
    WHERE waiting.stream = $1 AND waiting.id = ANY ($2) AND waiting.id = mark.id AND waiting.message_id = mark.message_id
      AND EXISTS (SELECT FROM fence)
    RETURNING mark.sequence, waiting.id, waiting.message_id, waiting.subject, waiting.key, waiting.headers,
      waiting.payload
  ), kept AS (
    INSERT INTO messaging.published
      (slot, stream, incarnation, sequence, outbox_id, message_id, subject, key, headers, payload)
    SELECT $6::smallint, $1, $5, sequence, id, message_id, subject, key, headers, payload FROM gone
    RETURNING outbox_id
  )
  SELECT (SELECT count(*) FROM fence)::int AS held, (SELECT count(*) FROM kept)::int AS marked`;

/** The streams that have rows. Read once for each term of a relay. */
const STREAMS = `
  WITH RECURSIVE found AS (
    (SELECT stream FROM messaging.outbox ORDER BY stream LIMIT 1)
    UNION ALL
    SELECT (SELECT stream FROM messaging.outbox WHERE stream > found.stream ORDER BY stream LIMIT 1)
    FROM found WHERE found.stream IS NOT NULL
  )
  SELECT stream FROM found WHERE stream IS NOT NULL`;

/** Reads what waits in the outbox, and moves what is published. */
export class RelayStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  /** The oldest rows of a stream, without those that are left out. `cut`: there are more in the range. */
  async look(stream: string, look: Look): Promise<{ rows: WaitingRow[]; cut: boolean }> {
    const { after, upTo, ids, keys, rows: limit, bytes } = look;
    const values = [stream, after, upTo ?? Number.MAX_SAFE_INTEGER, ids, keys, limit, bytes];
    const rows = await this.#database.query<WaitingRow & { found_rows: number }>(LOOK, values);
    return { rows, cut: rows.length === limit || rows.length < (rows[0]?.found_rows ?? 0) };
  }

  /** The next rows of each of these keys, so many rows of each and so many bytes in all, without those under way; and the keys that have none. */
  async lookAtKeys(
    stream: string,
    keys: readonly KeyPosition[],
    limits: { rowsEach: number; bytes: number; without: readonly number[] },
  ): Promise<{ rows: WaitingRow[]; done: string[] }> {
    const [names, after] = [keys.map(({ key }) => key), keys.map((position) => position.after)];
    const values = [stream, names, after, limits.rowsEach, limits.bytes, limits.without];
    const found = await this.#database.query<KeyRow>(LOOK_AT_KEYS, values);
    return {
      rows: found.filter((row): row is KeyRow & WaitingRow => row.id !== null),
      done: found.filter((row) => row.id === null).map((row) => row.wanted_key),
    };
  }

  /** The number of the first row behind this one; undefined when there is none. */
  async first(stream: string, after: number): Promise<number | undefined> {
    const [row] = await this.#database.query<{ id: number }>(FIRST, [stream, after, Number.MAX_SAFE_INTEGER]);
    return row?.id;
  }

  /** The keys that have rows, so many at most, without those that are left out. */
  async keys(stream: string, without: readonly string[], limit: number): Promise<string[]> {
    const rows = await this.#database.query<{ key: string }>(KEYS, [stream, without, limit]);
    return rows.map(({ key }) => key);
  }

  async horizon(): Promise<Horizon> {
    const [row] = await this.#database.query<Horizon>(HORIZON);
    return row ?? { drawn: 0, xmin: 0, xmax: 0 };
  }

  /** Returns how many rows were moved; undefined when the lease is over, and nothing was. */
  async mark(
    stream: { name: string; incarnation: string; slot: number },
    marks: readonly PublishedMark[],
    lease: Lease,
  ): Promise<number | undefined> {
    const [row] = await this.#database.query<{ held: number; marked: number }>(MARK, [
      stream.name,
      marks.map(({ id }) => id),
      marks.map(({ messageId }) => messageId),
      marks.map(({ sequence }) => sequence),
      stream.incarnation,
      stream.slot,
      lease.resource,
      lease.owner,
      lease.epoch,
    ]);
    return row === undefined || row.held === 0 ? undefined : row.marked;
  }

  async streams(): Promise<string[]> {
    return (await this.#database.query<{ stream: string }>(STREAMS)).map(({ stream }) => stream);
  }
}
