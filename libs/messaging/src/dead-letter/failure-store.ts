import type { SqlExecutor } from '@orderflow/database';
import type { AttemptRecord } from '../inbox/claim.ts';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { DeadLetterDetails } from './dead-letter-row.ts';

export interface FailedAttempt {
  /** Failed so far, this one included. */
  attempts: number;
  /** Until the next one. */
  delayMs: number;
  history: readonly AttemptRecord[];
}

/** Where failures are recorded: beside the inbox for messages of a stream, in their row for parked ones. */
export interface FailureStore {
  recordAttempt(tx: SqlExecutor, held: ReceivedMessage, attempt: FailedAttempt): Promise<void>;
  deadLetter(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: Omit<DeadLetterDetails, 'deaths'> & { blocks: boolean },
  ): Promise<void>;
}
