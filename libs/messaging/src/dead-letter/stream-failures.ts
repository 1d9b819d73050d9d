import type { SqlExecutor } from '@orderflow/database';
import type { DeadLetterDetails } from './dead-letter-row.ts';
import type { DeadLetterWriter } from './dead-letter-writer.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { FailedAttempt, FailureStore } from './failure-store.ts';

/** Records failures of messages that come from a stream. */
export class StreamFailures implements FailureStore {
  readonly #inbox: Inbox;
  readonly #deadLetters: DeadLetterWriter;

  constructor(inbox: Inbox, deadLetters: DeadLetterWriter) {
    this.#inbox = inbox;
    this.#deadLetters = deadLetters;
  }

  async recordAttempt(tx: SqlExecutor, held: ReceivedMessage, attempt: FailedAttempt): Promise<void> {
    await this.#inbox.recordAttempt(tx, held, attempt);
  }

  async deadLetter(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: Omit<DeadLetterDetails, 'deaths'> & { blocks: boolean },
  ): Promise<void> {
    await this.#deadLetters.write(tx, held, { ...details, deaths: 1 });
  }
}
