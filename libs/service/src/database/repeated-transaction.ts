import { type Database, isTransactionConflict, type Transaction } from '@orderflow/database';

/** As many as a group commit makes for one item. */
const TRIES = 5;

/**
 * A transaction of an HTTP request, done again when another transaction was in its way (a deadlock, a serialization
 * failure): nothing of it was kept then, and the caller could only repeat the request.
 *
 * @param work may run several times before it is kept once
 */
export async function repeatedTransaction<T>(
  database: Pick<Database, 'transaction'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.transaction(work);
    } catch (error) {
      if (tries === TRIES || !isTransactionConflict(error)) throw error;
    }
  }
}
