import type { SqlExecutor } from '@orderflow/database';
import type { HeldMessage } from '../consumer/held-message.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { settleKey } from './blocked-keys.ts';
import { type Burial, deadLetterRow, originalHeaders } from './dead-letter-row.ts';

const PARK = `
  INSERT INTO messaging.parked
    (consumer, key, message_id, stream, stream_seq, subject, headers, payload, stored_at, state, blocks, reason,
     attempts, history, deaths)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  ON CONFLICT (consumer, stream, message_id) DO NOTHING`;

const RECORD = `
  INSERT INTO messaging.inbox (consumer, message_id, state, stream, stream_seq)
  VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT DO NOTHING RETURNING message_id`;

const TAKE_ATTEMPT = `
  DELETE FROM messaging.attempt
  WHERE consumer = $1 AND stream = $2 AND message_id = $3 RETURNING
    attempts, history, greatest(extract(epoch FROM next_at - clock_timestamp()) * 1000, 0)::float8 AS delay_ms`;

const BLOCK = `
  INSERT INTO messaging.blocked_key (consumer, key, partition, state, next_at)
  VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
  ON CONFLICT (consumer, key) DO UPDATE SET state = excluded.state, next_at = excluded.next_at`;

export interface ParkingOptions {
  /** As in the inbox: `ordered`, or the name of a queue group. */
  consumer: string;
  /** As in DEAD_LETTERS: `payment`, `notification-mailer`. */
  name: string;
}

interface ParkedFacts extends Omit<Burial, 'reason'> {
  state: 'dead' | 'waiting';
  blocks: boolean;
  reason: string | null;
}

interface TakenAttempt extends Pick<Burial, 'attempts' | 'history'> {
  /** Until the next one. */
  delay_ms: number;
}

const WAITING: ParkedFacts = {
  state: 'waiting',
  blocks: true,
  reason: null,
  attempts: 0,
  history: [],
  deaths: 0,
};

/** Keeps what could not be handled, in order, in the database of the service that could not handle it. */
export class Parking {
  readonly #options: ParkingOptions;

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Keeps a message of a blocked key. Its inbox row must be written in the same transaction. */
  async park(tx: SqlExecutor, held: HeldMessage): Promise<void> {
    await this.#insert(tx, held, WAITING);
  }

  /**
   * Keeps a message that failed for good, and copies it to DEAD_LETTERS. Does nothing, and returns false, when its fate
   * is already recorded.
   *
   * @param blocks whether what comes later for the key must wait behind it
   */
  async bury(tx: SqlExecutor, held: HeldMessage, burial: Burial & { blocks: boolean }): Promise<boolean> {
    const { consumer, name } = this.#options;
    const recorded = await tx.query(RECORD, [consumer, held.messageId, 'dead', held.stream, held.sequence]);
    if (recorded.length === 0) return false;
    await this.#insert(tx, held, { ...burial, state: 'dead' });
    await tx.query(TAKE_ATTEMPT, [consumer, held.stream, held.messageId]);
    if (burial.blocks) {
      await this.block(tx, held, { state: 'blocked', delayMs: 0 });
      // Something that was redriven may be before it.
      await settleKey(tx, { consumer, key: held.key });
    }
    await insertOutboxRows(tx, [deadLetterRow(name, held, burial)]);
    return true;
  }

  /**
   * Moves a lane that has grown too long into the database. Its head goes on being retried from there; once it
   * succeeds, the others are handled in order before the key flows again.
   */
  async moveLane(tx: SqlExecutor, messages: readonly HeldMessage[]): Promise<void> {
    const { consumer } = this.#options;
    const [head] = messages;
    if (head === undefined) return;
    let delayMs = 0;
    for (const held of messages) {
      const recorded = await tx.query(RECORD, [
        consumer,
        held.messageId,
        'parked',
        held.stream,
        held.sequence,
      ]);
      if (recorded.length === 0) continue;
      const [taken] = await tx.query<TakenAttempt>(TAKE_ATTEMPT, [consumer, held.stream, held.messageId]);
      const { delay_ms = 0, attempts = 0, history = [] } = taken ?? {};
      if (held === head) delayMs = delay_ms;
      await this.#insert(tx, held, { ...WAITING, attempts, history });
    }
    await this.block(tx, head, { state: 'draining', delayMs });
    // All of them may have been handled or parked elsewhere: then nothing may stay blocked.
    await settleKey(tx, { consumer, key: head.key });
  }

  async block(
    tx: SqlExecutor,
    held: HeldMessage,
    block: { state: 'blocked' | 'draining'; delayMs: number },
  ): Promise<void> {
    await tx.query(BLOCK, [
      this.#options.consumer,
      held.key,
      held.partition,
      block.state,
      block.delayMs / 1000,
    ]);
  }

  async #insert(tx: SqlExecutor, held: HeldMessage, facts: ParkedFacts): Promise<void> {
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
      facts.state,
      facts.blocks,
      facts.reason,
      facts.attempts,
      JSON.stringify(facts.history),
      facts.deaths,
    ]);
  }
}
