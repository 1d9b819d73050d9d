import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';

/** What the inbox needs to know of a message. */
export interface InboxMessage {
  readonly messageId: string;
  readonly key: string;
  readonly stream: string;
  readonly sequence: number;
}

export interface AttemptRecord {
  at: string;
  error: string;
}

/** What is to be done with a message. */
export type Claim =
  /** Handle it. In mode `record` its inbox row is already written. */
  | { state: 'new'; attempts: number; history: AttemptRecord[] }
  /** It has taken effect, or is parked: acknowledge it. */
  | { state: 'seen' }
  /** An earlier message of its key is in the database. Its inbox row says so, and it is kept behind that one. */
  | { state: 'blocked' }
  /** It, or an earlier message of its key, waits for a retry. */
  | { state: 'waiting'; forMs: number };

/** Decides, in the transaction of the effects, whether a message is still to be handled. */
export interface ClaimStore {
  /** Marks the messages as handled if this transaction commits, and says which of them are to be handled. */
  claim(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]>;
  /** Says what is to be done with a message without marking it as handled. */
  peek(tx: SqlExecutor, message: ReceivedMessage): Promise<Claim>;
  /** As `peek`, for messages that do not wait for each other: the same one twice has the same answer twice. */
  peekAll(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<Claim[]>;
  /** The messages succeeded after failures. */
  forgetAttempts(tx: SqlExecutor, messages: readonly ReceivedMessage[]): Promise<void>;
}
