import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../messaging-error.ts';
import type { ParkedRow } from './parked-store.ts';

/** Who changes the fate of a dead letter, and why; kept for good. */
export interface Reason {
  who: string;
  why: string;
}

const LOCK = `SELECT * FROM messaging.parked WHERE id = $1 FOR UPDATE`;

const RECORD = `
  INSERT INTO messaging.intervention (who, why, action, consumer, key, message_id, payload_before)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

const REVIVE = `
  UPDATE messaging.parked SET state = 'waiting', blocks = true, attempts = 0, consumer = $2 WHERE id = $1`;

const REVIVE_INBOX = `
  UPDATE messaging.inbox SET state = 'parked', consumer = $3 WHERE consumer = $1 AND message_id = $2`;

const DRAIN = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state)
  VALUES ($1, $2, $3, 'draining')
  ON CONFLICT (consumer, key) DO UPDATE SET state = 'draining', next_at = clock_timestamp()`;

const REMOVE = `DELETE FROM messaging.parked WHERE id = $1`;

const DISCARDED = `
  UPDATE messaging.inbox SET state = 'discarded' WHERE consumer = $1 AND message_id = $2`;

const EDIT = `UPDATE messaging.parked SET payload = $2 WHERE id = $1`;

/** Whether a message behind which nothing dead is left may flow again. */
const DRAIN_REST = `
  UPDATE messaging.blocked_key SET state = 'draining', next_at = clock_timestamp()
  WHERE consumer = $1 AND key = $2
    AND NOT EXISTS (
      SELECT FROM messaging.parked WHERE consumer = $1 AND key = $2 AND blocks AND state = 'dead')`;

const UNBLOCK_IF_EMPTY = `
  DELETE FROM messaging.blocked_key
  WHERE consumer = $1 AND key = $2
    AND NOT EXISTS (SELECT FROM messaging.parked WHERE consumer = $1 AND key = $2 AND blocks)`;

const LOCK_KEY = `SELECT FROM messaging.blocked_key WHERE consumer = $1 AND key = $2 FOR UPDATE`;

export interface InterventionsParts {
  database: SqlDatabase;
  partitionOf: (key: string) => number;
  /** The consumer that would handle the message now; undefined when no handler knows it. */
  consumerOf: (row: ParkedRow) => string | undefined;
  /** Tells the owners of the keys. */
  wake: () => void;
}

/** What people can do with a dead letter. Ids and order are kept; each may be repeated. */
export class Interventions {
  readonly #parts: InterventionsParts;

  constructor(parts: InterventionsParts) {
    this.#parts = parts;
  }

  /**
   * Handles the message again, and after it, in order, what waits behind it. Its attempts start from 0.
   *
   * @throws MessagingError `NOT_FOUND` when there is no such dead letter, `HANDLER_INVALID` when no handler knows it
   */
  async redrive(id: number, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'redrive' }, async (tx, row) => {
      const consumer = this.#parts.consumerOf(row);
      if (consumer === undefined) throw noHandler(row);
      await tx.query(REVIVE_INBOX, [row.consumer, row.message_id, consumer]);
      await tx.query(REVIVE, [row.id, consumer]);
      await tx.query(DRAIN, [consumer, row.key, this.#parts.partitionOf(row.key)]);
    });
  }

  /** Gives the message up. What waits behind it is handled in order. */
  async discard(id: number, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'discard' }, async (tx, row) => {
      await tx.query(REMOVE, [row.id]);
      await tx.query(DISCARDED, [row.consumer, row.message_id]);
      await tx.query(UNBLOCK_IF_EMPTY, [row.consumer, row.key]);
      await tx.query(DRAIN_REST, [row.consumer, row.key]);
    });
  }

  /** Replaces the body. The message stays where it is until it is redriven. */
  async edit(id: number, payload: Uint8Array, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'edit' }, async (tx, row) => {
      await tx.query(EDIT, [row.id, Buffer.from(payload)]);
    });
  }

  async #change(
    id: number,
    record: Reason & { action: string },
    work: (tx: SqlExecutor, row: ParkedRow) => Promise<void>,
  ): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      const found = await this.#lock(tx, id);
      const values = [found.consumer, found.key, found.message_id, found.payload];
      await tx.query(RECORD, [record.who, record.why, record.action, ...values]);
      await work(tx, found);
    });
    this.#parts.wake();
  }

  /** The key first, as the drain does, so that the two never wait for each other. */
  async #lock(tx: SqlExecutor, id: number): Promise<ParkedRow> {
    const [seen] = await tx.query<ParkedRow>('SELECT * FROM messaging.parked WHERE id = $1', [id]);
    if (seen !== undefined) await tx.query(LOCK_KEY, [seen.consumer, seen.key]);
    const [row] = await tx.query<ParkedRow>(LOCK, [id]);
    if (row?.state === 'dead') return row;
    throw new MessagingError('NOT_FOUND', `There is no dead letter ${String(id)}.`, {
      remedy: 'List the dead letters: it may have been redriven or discarded.',
    });
  }
}

function noHandler(row: ParkedRow): MessagingError {
  return new MessagingError('HANDLER_INVALID', `No handler of this service knows ${row.subject}.`, {
    remedy: 'Deploy one first, or discard the message.',
  });
}
