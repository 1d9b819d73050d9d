import { Database, type Transaction } from '@orderflow/database';
import { countCrash } from './ledger-tables.test-support.ts';

/** Can end the process at the one moment that no handler sees: when a transaction has committed and nobody knows yet. */
export class CrashingDatabase extends Database {
  #armed = false;

  /** @param times how often this message may do that */
  async killAfterCommit(messageId: string, times: number): Promise<void> {
    this.#armed = (await countCrash(this, messageId)) <= times;
  }

  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = await super.transaction(work);
    if (!this.#armed) return result;
    process.kill(process.pid, 'SIGKILL');
    return await new Promise<never>(() => undefined);
  }
}
