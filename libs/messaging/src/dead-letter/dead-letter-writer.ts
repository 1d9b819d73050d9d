import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { settleKey } from '../deferred/blocked-keys.ts';
import { originalHeaders } from '../message/message-headers.ts';
import { type DeadLetterDetails, deadLetterRow } from './dead-letter-row.ts';

const PARK = `
  INSERT INTO messaging.parked
    (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at, state, blocks, reason,
     attempts, history, deaths)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'dead', $10, $11, $12, $13, $14)
  ON CONFLICT (consumer, stream, message_id) DO NOTHING`;

const RECORD = `
  INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO NOTHING RETURNING message_id`;

const FORGET_ATTEMPT = `
  DELETE FROM messaging.attempt WHERE consumer = $1 AND stream = $2 AND message_id = $3`;

const BLOCK = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state)
  VALUES ($1, $2, $3, 'blocked')
  ON CONFLICT (consumer, key) DO UPDATE SET state = excluded.state`;

export interface DeadLetterWriterOptions {
  /** As in the inbox: `ordered`, or the name of a queue group. */
  consumer: string;
  /** As in DEAD_LETTERS: `payment`, `notification-mailer`. */
  name: string;
}

/** Keeps what could not be handled, in order, in the database of the service that could not handle it. */
export class DeadLetterWriter {
  readonly #options: DeadLetterWriterOptions;

  constructor(options: DeadLetterWriterOptions) {
    this.#options = options;
  }

  /**
   * Keeps a message that failed for good, and copies it to DEAD_LETTERS. Does nothing, and returns false, when it
   * is in the inbox already.
   *
   * @param details blocks: whether what comes later for the key must wait behind it
   */
  async write(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: DeadLetterDetails & { blocks: boolean },
  ): Promise<boolean> {
    const { consumer, name } = this.#options;
    const recorded = await tx.query(RECORD, [consumer, held.messageId, 'dead', held.stream, held.sequence]);
    if (recorded.length === 0) return false;
    // Before the row: the key is locked first wherever both change.
    if (details.blocks) await tx.query(BLOCK, [consumer, held.key, held.partition]);
    await this.#insert(tx, held, details);
    await tx.query(FORGET_ATTEMPT, [consumer, held.stream, held.messageId]);
    // A redriven message may be before it.
    if (details.blocks) await settleKey(tx, { consumer, key: held.key }, 1);
    await insertOutboxRows(tx, [deadLetterRow(name, held, details)]);
    return true;
  }

  async #insert(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: DeadLetterDetails & { blocks: boolean },
  ): Promise<void> {
    await tx.query(PARK, [
      this.#options.consumer,
      held.key,
      held.messageId,
      held.stream,
      held.sequence,
      held.subject,
      JSON.stringify(originalHeaders(held)),
      Buffer.from(held.delivery.data),
      held.delivery.time,
      details.blocks,
      details.reason,
      details.attempts,
      JSON.stringify(details.history),
      details.deaths,
    ]);
  }
}
