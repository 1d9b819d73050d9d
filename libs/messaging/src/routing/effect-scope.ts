import type { SqlExecutor } from '@orderflow/database';
import type { OutboxRow } from '../outbox/outbox-row.ts';

/** An open effect transaction and the events that will be written into it before it commits. */
export interface EffectScope {
  readonly tx: SqlExecutor;
  readonly published: OutboxRow[];
}

/** One delivery's part of a batch. */
export interface BatchEntry<Result> {
  /** Takes part in the batch of this transaction. */
  join(scope: EffectScope): void;
  /** The entry's own result. The first that asks has the work done for all that have joined. */
  result(scope: EffectScope): Promise<Result>;
}

/**
 * Commits an external handler's effects: inbox row, work and published events in one transaction.
 *
 * @param entry joins the batch of each transaction in which the work is done, before any work is
 */
export type Transact = <T>(
  work: (scope: EffectScope) => Promise<T>,
  entry?: BatchEntry<unknown>,
) => Promise<T>;
