import { type SqlExecutor, Transaction } from '@orderflow/database';
import { type Origin, outboxRow, type SendOptions } from './outbox-row.ts';
import { assertInTransaction, cancelOutboxRows, insertOutboxRows } from './outbox-store.ts';

/**
 * Publishes events by writing them into the caller's transaction: they are published if it commits, and only then.
 * Events of one key are published in the order of their commits.
 */
export class Outbox {
  readonly #origin: Origin;
  readonly #wake: () => void;

  /** @param wake tells the relay that rows were committed; the transactions of other libraries wait for its next sweep */
  constructor(origin: Origin, wake: () => void) {
    this.#origin = origin;
    this.#wake = wake;
  }

  /**
   * Adds events to the transaction. Each must be an instance of a contract; it is checked here.
   *
   * The key stays locked until the transaction ends, so add late and commit soon.
   *
   * @param tx the open transaction that writes the business rows; anything else is refused
   * @returns the message ids, in the order of the events
   * @throws MessagingError `NOT_A_TRANSACTION`, `CONTRACT_VIOLATION`, `KEY_INVALID`
   */
  async add(
    tx: SqlExecutor,
    events: object | readonly object[],
    options: SendOptions = {},
  ): Promise<string[]> {
    await assertInTransaction(tx);
    const list: readonly object[] = Array.isArray(events) ? events : [events];
    const rows = list.map((event) => outboxRow(event, this.#origin, options));
    await insertOutboxRows(tx, rows);
    if (tx instanceof Transaction) tx.afterCommit(this.#wake);
    return rows.map((row) => row.messageId);
  }

  /**
   * Takes back delayed events that have not come due.
   *
   * @returns false when it is too late for one or it never existed; a handler must be right in both cases
   */
  async cancel(tx: SqlExecutor, messageIds: string | readonly string[]): Promise<boolean> {
    await assertInTransaction(tx);
    const ids = typeof messageIds === 'string' ? [messageIds] : messageIds;
    return (await cancelOutboxRows(tx, ids)) === ids.length;
  }
}
