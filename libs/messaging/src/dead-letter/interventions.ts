import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../messaging-error.ts';
import { settleKey } from './blocked-keys.ts';
import { lockDeadLetters, selectDeadLetters, type Selection } from './dead-letter-selection.ts';
import type { ParkedRow } from './parked-store.ts';
import { revive } from './revival.ts';

/** Who changes the fate of a dead letter, and why; kept for good. */
export interface Reason {
  who: string;
  why: string;
}

const RECORD = `
  INSERT INTO messaging.intervention (who, why, action, consumer, key, message_id, payload_before)
  VALUES ($1, $2, $3, $4, $5, $6, $7)`;

const REMOVE = `DELETE FROM messaging.parked WHERE id = $1`;

const DISCARDED = `
  UPDATE messaging.inbox SET state = 'discarded' WHERE consumer = $1 AND stream = $2 AND message_id = $3`;

const EDIT = `UPDATE messaging.parked SET payload = $2 WHERE id = $1`;

export interface InterventionsParts {
  database: SqlDatabase;
  partitionOf: (key: string) => number;
  /** The consumer that would handle the message now; undefined when no handler knows it. */
  consumerOf: (row: ParkedRow) => string | undefined;
  /** Tells the owners of the keys. */
  wake: () => void;
}

/** What people can do with dead letters. Ids and order are kept; what was done once cannot be done twice. */
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
    await this.#change(id, { ...reason, action: 'redrive' }, (tx, row) => this.#revive(tx, row));
  }

  /**
   * Redrives every dead letter of the selection, or none, in the order in which they were parked.
   *
   * @throws MessagingError `COUNT_DIFFERS` when they are not as many as expected
   * @returns their ids
   */
  async redriveAll(selection: Selection, reason: Reason): Promise<number[]> {
    const rows = await this.#parts.database.transaction(async (tx) => {
      const selected = await selectDeadLetters(tx, selection);
      for (const row of selected) {
        await record(tx, row, { ...reason, action: 'redrive' });
        await this.#revive(tx, row);
      }
      return selected;
    });
    this.#parts.wake();
    return rows.map((row) => row.id);
  }

  /** Gives the message up. What waits behind it is handled in order. */
  async discard(id: number, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'discard' }, async (tx, row) => {
      await tx.query(REMOVE, [row.id]);
      await tx.query(DISCARDED, [row.consumer, row.stream, row.message_id]);
      await settleKey(tx, row);
    });
  }

  /** Replaces the body. The message stays where it is until it is redriven. */
  async edit(id: number, payload: Uint8Array, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'edit' }, async (tx, row) => {
      await tx.query(EDIT, [row.id, Buffer.from(payload)]);
    });
  }

  async #revive(tx: SqlExecutor, row: ParkedRow): Promise<void> {
    const consumer = this.#parts.consumerOf(row);
    if (consumer === undefined) throw noHandler(row);
    await revive(tx, row, { consumer, partition: this.#parts.partitionOf(row.key) });
  }

  async #change(
    id: number,
    change: Reason & { action: string },
    work: (tx: SqlExecutor, row: ParkedRow) => Promise<void>,
  ): Promise<void> {
    await this.#parts.database.transaction(async (tx) => {
      const [row] = await lockDeadLetters(tx, [id]);
      if (row === undefined) throw notFound(id);
      await record(tx, row, change);
      await work(tx, row);
    });
    this.#parts.wake();
  }
}

async function record(tx: SqlExecutor, row: ParkedRow, change: Reason & { action: string }): Promise<void> {
  const { who, why, action } = change;
  await tx.query(RECORD, [who, why, action, row.consumer, row.key, row.message_id, row.payload]);
}

export function notFound(id: number): MessagingError {
  return new MessagingError('NOT_FOUND', `There is no dead letter ${String(id)}.`, {
    remedy: 'List the dead letters: it may have been redriven or discarded.',
  });
}

function noHandler(row: ParkedRow): MessagingError {
  const what = `dead letter ${String(row.id)} (${row.subject}, ${row.headers['ce-type'] ?? 'no type'})`;
  return new MessagingError('HANDLER_INVALID', `No handler of this service knows ${what}.`, {
    remedy: 'Deploy one first, or discard the message.',
  });
}
