import { type Rename, type SqlExecutor, Transaction } from '@orderflow/database';
import { type Origin, outboxRow, type SendOptions } from './outbox-row.ts';
import { assertInTransaction, cancelOutboxRows, insertOutboxRows } from './outbox-store.ts';
import type { PublishRules } from './publish-rules.ts';

export interface OutboxParts {
  origin: Origin;
  rules: PublishRules;
  /** Tells the relay that rows were committed. */
  wake: () => void;
  /** For tables in another schema than `messaging`. */
  rename?: Rename | undefined;
}

/**
 * Publishes events by writing them into the caller's transaction: they are published if it commits, and only then.
 * Events of one key are published in the order of their commits.
 *
 * Two transactions that each call `add` more than once, for the same keys in opposite order, can deadlock: PostgreSQL ends
 * one of them with 40P01, and you retry it. Add all events in one call, and there is nothing to retry.
 */
export class Outbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /**
   * Adds events to the transaction. Each must be an instance of a contract; it is checked here.
   *
   * The key stays locked until the transaction ends, so add late and commit soon.
   *
   * @param tx the open transaction that writes the business rows; anything else is refused
   * @returns the message ids, in the order of the events
   * @throws MessagingError `NOT_A_TRANSACTION`, `CONTRACT_VIOLATION`, `KEY_INVALID`, `STREAM_FOREIGN` for an event of a
   *   stream that this service does not own, `PUBLISH_REJECTED` for one that is larger than the broker takes
   */
  async add(
    tx: SqlExecutor,
    events: object | readonly object[],
    options: SendOptions = {},
  ): Promise<string[]> {
    const own = this.#renamed(tx);
    await assertInTransaction(own);
    const { origin, rules, wake } = this.#parts;
    const list: readonly object[] = Array.isArray(events) ? events : [events];
    const rows = list.map((event) => outboxRow(event, origin, options));
    for (const row of rows) rules.check(row);
    await insertOutboxRows(own, rows);
    if (tx instanceof Transaction) tx.afterCommit(wake);
    return rows.map((row) => row.messageId);
  }

  /**
   * Wakes the relay: call it after the COMMIT of a transaction that is not a `Transaction` of `@orderflow/database`.
   * Without it the relay finds the events at its next look, after 100 ms at most.
   */
  notify(): void {
    this.#parts.wake();
  }

  /**
   * Takes back delayed events that have not come due.
   *
   * @returns false when it is too late for one or it never existed; a handler must be right in both cases
   */
  async cancel(tx: SqlExecutor, messageIds: string | readonly string[]): Promise<boolean> {
    const own = this.#renamed(tx);
    await assertInTransaction(own);
    const ids = typeof messageIds === 'string' ? [messageIds] : messageIds;
    return (await cancelOutboxRows(own, ids)) === ids.length;
  }

  /** The caller's transaction, for the statements of this library. */
  #renamed(tx: SqlExecutor): SqlExecutor {
    const { rename } = this.#parts;
    if (rename === undefined) return tx;
    if (tx instanceof Transaction) return tx.renamed(rename);
    return { query: (text, values) => tx.query(rename(text), values) };
  }
}
