import type { SqlExecutor } from '@orderflow/database';
import type { FailureStore, FailedAttempt } from '../consumer/settlement.ts';
import type { HeldMessage } from '../consumer/held-message.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';
import { lockKey, settleKey } from './blocked-keys.ts';
import { type Burial, deadLetterRow } from './dead-letter-row.ts';

const RECORD_ATTEMPT = `
  UPDATE messaging.parked SET attempts = $2, history = $3 WHERE id = $1`;

const POSTPONE = `
  UPDATE messaging.blocked_key SET next_at = clock_timestamp() + make_interval(secs => $3)
  WHERE consumer = $1 AND key = $2`;

const BURY = `
  UPDATE messaging.parked
  SET state = 'dead', blocks = $2, reason = $3, attempts = $4, history = $5, deaths = deaths + 1
  WHERE id = $1 RETURNING deaths`;

const RECORD_DEAD = `
  UPDATE messaging.inbox SET state = 'dead' WHERE consumer = $1 AND message_id = $2 AND stream = $3`;

/** Records failures of messages that are handled from the database. */
export class ParkedFailures implements FailureStore {
  readonly #consumer: string;
  readonly #name: string;

  constructor(options: { consumer: string; name: string }) {
    this.#consumer = options.consumer;
    this.#name = options.name;
  }

  async recordAttempt(tx: SqlExecutor, held: HeldMessage, attempt: FailedAttempt): Promise<void> {
    await lockKey(tx, { consumer: this.#consumer, key: held.key });
    await tx.query(RECORD_ATTEMPT, [held.parkedId, attempt.attempts, JSON.stringify(attempt.history)]);
    await tx.query(POSTPONE, [this.#consumer, held.key, attempt.delayMs / 1000]);
  }

  async bury(
    tx: SqlExecutor,
    held: HeldMessage,
    burial: Omit<Burial, 'deaths'> & { blocks: boolean },
  ): Promise<void> {
    const { blocks, reason, attempts, history } = burial;
    const name = { consumer: this.#consumer, key: held.key };
    await lockKey(tx, name);
    const values = [held.parkedId, blocks, reason, attempts, JSON.stringify(history)];
    const [row] = await tx.query<{ deaths: number }>(BURY, values);
    // Discarded while it was being handled.
    if (row === undefined) return;
    await tx.query(RECORD_DEAD, [this.#consumer, held.messageId, held.stream]);
    await settleKey(tx, name);
    await insertOutboxRows(tx, [deadLetterRow(this.#name, held, { ...burial, deaths: row.deaths })]);
  }
}
