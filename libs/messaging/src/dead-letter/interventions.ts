import { isTransactionConflict, type SqlDatabase, type SqlExecutor } from '@orderflow/database';
import type { ParkedRow } from '../deferred/parked-row.ts';
import { MessagingError } from '../errors/messaging-error.ts';
import { settleKey } from '../deferred/blocked-keys.ts';
import {
  lockDeadLetters,
  type LockedRow,
  selectDeadLetters,
  type Selection,
} from './dead-letter-selection.ts';
import { requeue } from './requeue.ts';

/** Who decides about a dead letter, and why; kept permanently. */
export interface Reason {
  who: string;
  why: string;
}

/** Only an edit and a discard take a body away. */
const RECORD = `
  INSERT INTO messaging.intervention (who, why, action, consumer, key, message_id, payload_before)
  SELECT $1, $2, $3, consumer, key, message_id, CASE WHEN $3 <> 'redrive' THEN payload END
  FROM messaging.parked WHERE id = ANY ($4::bigint[]) ORDER BY id`;

const REMOVE = `DELETE FROM messaging.parked WHERE id = $1`;

const DISCARDED = `
  UPDATE messaging.inbox SET state = 'discarded' WHERE consumer = $1 AND stream = $2 AND message_id = $3`;

const CONFLICT_TRIES = 5;

type Change = Reason & { action: 'redrive' | 'discard' | 'edit' };

type Work = (tx: SqlExecutor, row: LockedRow) => Promise<void>;

const EDIT = `UPDATE messaging.parked SET payload = $2 WHERE id = $1`;

export interface InterventionsParts {
  database: SqlDatabase;
  partitionOf: (key: string) => number;
  /** The consumer that would handle the message now; undefined when no handler knows it. */
  consumerOf: (row: Pick<ParkedRow, 'consumer' | 'subject' | 'headers' | 'stream'>) => string | undefined;
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
    await this.#change(id, { ...reason, action: 'redrive' }, (tx, row) => this.#requeue(tx, row));
  }

  /**
   * Redrives every dead letter of the selection, or none, in the order in which they were parked.
   *
   * @throws MessagingError `COUNT_DIFFERS` when they are not as many as expected
   * @returns their ids
   */
  async redriveAll(selection: Selection, reason: Reason): Promise<number[]> {
    return await this.#changeAll(selection, { ...reason, action: 'redrive' }, (tx, row) =>
      this.#requeue(tx, row),
    );
  }

  /** Gives the message up. What waits behind it is handled in order. */
  async discard(id: number, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'discard' }, discard);
  }

  /**
   * Gives up every dead letter of the selection, or none.
   *
   * @throws MessagingError `COUNT_DIFFERS` when they are not as many as expected
   * @returns their ids
   */
  async discardAll(selection: Selection, reason: Reason): Promise<number[]> {
    return await this.#changeAll(selection, { ...reason, action: 'discard' }, discard);
  }

  /** Replaces the body. The message stays where it is until it is redriven. */
  async edit(id: number, payload: Uint8Array, reason: Reason): Promise<void> {
    await this.#change(id, { ...reason, action: 'edit' }, async (tx, row) => {
      await tx.query(EDIT, [row.id, Buffer.from(payload)]);
    });
  }

  async #requeue(tx: SqlExecutor, row: LockedRow): Promise<void> {
    const consumer = this.#parts.consumerOf(row);
    if (consumer === undefined) throw noHandler(row);
    await requeue(tx, row, { consumer, partition: this.#parts.partitionOf(row.key) });
  }

  async #change(id: number, change: Change, work: Work): Promise<void> {
    await this.#apply(change, work, async (tx) => {
      const rows = await lockDeadLetters(tx, [id]);
      if (rows.length === 0) throw notFound(id);
      return rows;
    });
  }

  #changeAll(selection: Selection, change: Change, work: Work): Promise<number[]> {
    return this.#apply(change, work, (tx) => selectDeadLetters(tx, selection));
  }

  async #apply(
    change: Change,
    work: Work,
    select: (tx: SqlExecutor) => Promise<LockedRow[]>,
  ): Promise<number[]> {
    const ids = await untilFree(() =>
      this.#parts.database.transaction(async (tx) => {
        const rows = await select(tx);
        const selected = rows.map((row) => row.id);
        await tx.query(RECORD, [change.who, change.why, change.action, selected]);
        for (const row of rows) await work(tx, row);
        return selected;
      }),
    );
    this.#parts.wake();
    return ids;
  }
}

async function discard(tx: SqlExecutor, row: LockedRow): Promise<void> {
  await tx.query(REMOVE, [row.id]);
  await tx.query(DISCARDED, [row.consumer, row.stream, row.message_id]);
  await settleKey(tx, row, row.blocks ? -1 : 0);
}

/** Handlers lock the same keys: what was in their way, or they in its, is done again. */
async function untilFree<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransactionConflict(error) || tries === CONFLICT_TRIES) throw error;
    }
  }
}

export function notFound(id: number): MessagingError {
  return new MessagingError('NOT_FOUND', `There is no dead letter ${String(id)}.`, {
    remedy: 'List the dead letters: it may have been redriven or discarded.',
  });
}

function noHandler(row: LockedRow): MessagingError {
  const what = `dead letter ${String(row.id)} (${row.subject}, ${row.headers['ce-type'] ?? 'no type'})`;
  return new MessagingError('HANDLER_INVALID', `No handler of this service knows ${what}.`, {
    remedy: 'Deploy one first, or discard the message.',
  });
}
