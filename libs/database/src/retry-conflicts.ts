import { isTransactionConflict } from './database-error.ts';

const TRIES = 5;

/**
 * Does work again that another transaction was in the way of: 5 tries in all.
 *
 * @param causeOf what to judge an error by, where it carries another one
 * @throws what the last try threw
 */
export async function retryConflicts<T>(
  work: () => Promise<T>,
  causeOf = (error: unknown): unknown => error,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !isTransactionConflict(causeOf(error))) throw error;
    }
  }
}
