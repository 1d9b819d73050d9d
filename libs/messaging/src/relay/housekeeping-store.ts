import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import { lockOf } from '../outbox/outbox-store.ts';

/** A published row is kept for at least three of these, longer than nats-server's sync interval of 2 minutes. */
export const SLOT_MS = 300_000;
export const SLOTS = 4;

/**
 * Served by outbox_delayed, which a volatile time such as clock_timestamp() could not use. A released row gets a new
 * number, so that it takes its place behind what its key published meanwhile, and rows that are due together go by their
 * times. Like an insert it takes the locks of its keys, but waits for none: a key that is locked is released at the next
 * look. SKIP LOCKED for the same reason: a transaction that is cancelling a row must not hold up all others. A released
 * row begins to wait now: by its insert it would look stuck.
 */
const RELEASE_DUE = `
  WITH due AS MATERIALIZED (
    SELECT id, stream, key FROM messaging.outbox WHERE available_at <= statement_timestamp()
    ORDER BY available_at, id LIMIT 1000 FOR UPDATE SKIP LOCKED
  ), locks AS MATERIALIZED (
    SELECT lock, pg_try_advisory_xact_lock(lock) AS taken FROM (SELECT DISTINCT ${lockOf('key')} AS lock FROM due) AS wanted
  ), gone AS (
    DELETE FROM messaging.outbox AS waiting USING due, locks
    WHERE waiting.stream = due.stream AND waiting.id = due.id AND locks.lock = ${lockOf('due.key')} AND locks.taken
    RETURNING waiting.*
  )
  INSERT INTO messaging.outbox (message_id, stream, subject, key, headers, payload, created_at)
  SELECT message_id, stream, subject, key, headers, payload, available_at FROM gone
  WHERE pg_current_xact_id() IS NOT NULL ORDER BY available_at, id
  RETURNING id`;

const SLOT = `SELECT current, (extract(epoch FROM clock_timestamp() - since) * 1000)::float8 AS age_ms FROM messaging.published_slot`;

/**
 * The highest sequences of the slot that is about to be emptied: the only thing that is remembered for longer. Served by
 * published_sequence: a slot may hold millions.
 */
export const REMEMBER = `
  UPDATE messaging.relay_stream AS known SET sequence = greatest(known.sequence, (
    SELECT max(sequence) FROM messaging.published
    WHERE slot = $1 AND published.stream = known.stream AND published.incarnation = known.incarnation
  ))`;

const NEXT_SLOT = `UPDATE messaging.published_slot SET current = $1, since = clock_timestamp()`;

/** What the relay does for all streams: it releases delayed rows and empties old slots. */
export class HousekeepingStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** Lets delayed rows whose time has come be published. Returns how many. */
  async releaseDue(): Promise<number> {
    return (await this.#database.query(RELEASE_DUE)).length;
  }

  async slot(): Promise<{ current: number; ageMs: number }> {
    const [row] = await this.#database.query<{ current: number; age_ms: number }>(SLOT);
    return { current: row?.current ?? 0, ageMs: row?.age_ms ?? 0 };
  }

  /**
   * Empties the oldest slot and makes it the current one. Waits for no reader: with a backup under way it fails, and is
   * tried again.
   *
   * @throws OwnershipLost
   */
  async rotate(lease: Lease, current: number): Promise<number> {
    const next = (current + 1) % SLOTS;
    await this.#database.transaction(async (tx: SqlExecutor) => {
      await assertLeases(tx, [lease]);
      await tx.query(`SET LOCAL lock_timeout = '200ms'`);
      await tx.query(REMEMBER, [next]);
      await tx.query(`TRUNCATE messaging.published_${String(next)}`);
      await tx.query(NEXT_SLOT, [next]);
    });
    return next;
  }
}
