import type { SqlDatabase, Transaction } from '@orderflow/database';

/** A transaction that has done its work and stays open until the test lets it go. */
export interface HeldTransaction {
  commit(): Promise<void>;
  /** Rejects the work, so that the transaction is rolled back. */
  rollBack(): Promise<void>;
}

/** Resolves when `work` is done and the transaction is still open. */
export async function holdTransaction(
  database: SqlDatabase,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<HeldTransaction> {
  const ready = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const ended = database.transaction(async (tx) => {
    await work(tx);
    ready.resolve();
    await end.promise;
  });
  await Promise.race([ready.promise, ended]);
  return {
    commit: async () => {
      end.resolve();
      await ended;
    },
    rollBack: async () => {
      end.reject(new Error('rolled back by the test'));
      // Our own error, or that of a server which ended the session before.
      await ended.catch(() => undefined);
    },
  };
}
