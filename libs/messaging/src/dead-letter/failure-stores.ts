import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { FailedAttempt, FailureStore } from './failure-store.ts';
import type { DeadLetterDetails } from './dead-letter-row.ts';

/** One way to record failures: beside the inbox for messages of a stream, in their rows for those of the database. */
export class Failures implements FailureStore {
  readonly #stream: FailureStore;
  readonly #rows: FailureStore;

  constructor(stores: { stream: FailureStore; rows: FailureStore }) {
    this.#stream = stores.stream;
    this.#rows = stores.rows;
  }

  async recordAttempt(tx: SqlExecutor, held: ReceivedMessage, attempt: FailedAttempt): Promise<void> {
    await this.#of(held).recordAttempt(tx, held, attempt);
  }

  async deadLetter(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: Omit<DeadLetterDetails, 'deaths'> & { blocks: boolean },
  ): Promise<void> {
    await this.#of(held).deadLetter(tx, held, details);
  }

  #of(held: ReceivedMessage): FailureStore {
    return held.parkedId === undefined ? this.#stream : this.#rows;
  }
}
