import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { assertLeases, type Lease } from '../ownership/fence.ts';

/** An event that a stream acknowledged. */
export interface PublishedRow {
  sequence: number;
  message_id: string;
}

/** The published rows of a stream in one of its incarnations. All statements are served by published_sequence. */
export interface Run {
  stream: string;
  incarnation: string;
}

const INCARNATIONS = `
  WITH RECURSIVE found AS (
    (SELECT incarnation FROM messaging.published WHERE stream = $1 ORDER BY incarnation LIMIT 1)
    UNION ALL
    SELECT (SELECT incarnation FROM messaging.published
      WHERE stream = $1 AND incarnation > found.incarnation ORDER BY incarnation LIMIT 1)
    FROM found WHERE found.incarnation IS NOT NULL
  )
  SELECT incarnation FROM found WHERE incarnation IS NOT NULL`;

/** Backwards from a sequence. */
const BELOW = `
  SELECT sequence, message_id FROM messaging.published
  WHERE stream = $1 AND incarnation = $2 AND sequence <= $3
  ORDER BY sequence DESC LIMIT $4`;

const FROM = `
  SELECT sequence, message_id FROM messaging.published
  WHERE stream = $1 AND incarnation = $2 AND sequence >= $3
  ORDER BY sequence LIMIT 1`;

/** Under their old numbers, so that they go before what their keys published later. */
const TAKE_BACK = `
  WITH lost AS (
    DELETE FROM messaging.published
    WHERE stream = $1 AND incarnation = $2 AND sequence BETWEEN $3 AND $4
      AND ($5::text[] IS NULL OR message_id = ANY ($5))
    RETURNING outbox_id, message_id, subject, key, headers, payload
  ), taken AS (
    INSERT INTO messaging.outbox (id, message_id, stream, subject, key, headers, payload)
    OVERRIDING SYSTEM VALUE
    SELECT outbox_id, message_id, $1, subject, key, headers, payload FROM lost
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT count(*)::int AS count FROM taken`;

/** The rows that the stream still has belong to its new incarnation. */
const RENAME = `
  UPDATE messaging.published SET incarnation = $5
  WHERE stream = $1 AND incarnation = $2 AND sequence BETWEEN $3 AND $4`;

const HIGHEST = `
  SELECT greatest(
    (SELECT max(sequence) FROM messaging.published WHERE stream = $1 AND incarnation = $2),
    (SELECT sequence FROM messaging.relay_stream WHERE stream = $1 AND incarnation = $2)
  ) AS sequence`;

export class PublishedStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async incarnations(stream: string): Promise<string[]> {
    const rows = await this.#database.query<{ incarnation: string }>(INCARNATIONS, [stream]);
    return rows.map(({ incarnation }) => incarnation);
  }

  /** At most `limit` rows up to this sequence, the newest first. */
  below({ stream, incarnation }: Run, sequence: number, limit: number): Promise<PublishedRow[]> {
    return this.#database.query<PublishedRow>(BELOW, [stream, incarnation, sequence, limit]);
  }

  /** The first row at or behind this sequence. */
  async from({ stream, incarnation }: Run, sequence: number): Promise<PublishedRow | undefined> {
    return (await this.#database.query<PublishedRow>(FROM, [stream, incarnation, sequence]))[0];
  }

  /**
   * Puts rows back into the outbox: those of a range of sequences, of which only some if their ids are given.
   *
   * @returns how many
   * @throws OwnershipLost
   */
  async takeBack(
    run: Run,
    range: { first: number; last: number; ids?: readonly string[] },
    lease: Lease,
  ): Promise<number> {
    const values = [run.stream, run.incarnation, range.first, range.last, range.ids ?? null];
    return await this.#fenced(lease, async (tx) => {
      const [row] = await tx.query<{ count: number }>(TAKE_BACK, values);
      return row?.count ?? 0;
    });
  }

  /** @throws OwnershipLost */
  async rename(run: Run, range: { first: number; last: number; to: string }, lease: Lease): Promise<void> {
    const values = [run.stream, run.incarnation, range.first, range.last, range.to];
    await this.#fenced(lease, (tx) => tx.query(RENAME, values));
  }

  /** The highest sequence of the incarnation that was ever marked; undefined when none is known. */
  async highest({ stream, incarnation }: Run): Promise<number | undefined> {
    const [row] = await this.#database.query<{ sequence: number | null }>(HIGHEST, [stream, incarnation]);
    return row?.sequence ?? undefined;
  }

  async #fenced<T>(lease: Lease, work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
    return await this.#database.transaction(async (tx) => {
      await assertLeases(tx, [lease]);
      return await work(tx);
    });
  }
}
