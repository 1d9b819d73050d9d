import type { SqlExecutor } from '@orderflow/database';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { FailedAttempt, FailureStore } from './failure-store.ts';
import { lockKey, settleKey } from '../deferred/blocked-keys.ts';
import { type DeadLetterDetails, deadLetterRow } from './dead-letter-row.ts';
import { insertOutboxRows } from '../outbox/outbox-store.ts';

/** The row of a queue group's message has its own time; those of a key have that of the key. */
const RECORD_ATTEMPT = `
  UPDATE messaging.parked SET attempts = $2, history = $3,
    next_at = CASE WHEN blocks THEN NULL ELSE clock_timestamp() + make_interval(secs => $4) END
  WHERE id = $1`;

const POSTPONE = `
  UPDATE messaging.blocked_key SET next_at = clock_timestamp() + make_interval(secs => $3), dependency = ''
  WHERE consumer = $1 AND key = $2`;

const DEAD_LETTER = `
  UPDATE messaging.parked SET state = 'dead', blocks = new.blocks, reason = $3, attempts = $4, history = $5,
    deaths = deaths + 1, next_at = NULL
  FROM (SELECT id, blocks AND $2 AS blocks, blocks AS blocked FROM messaging.parked WHERE id = $1) AS new
  WHERE parked.id = new.id RETURNING deaths, new.blocked AND NOT new.blocks AS freed`;

const RECORD_DEAD = `
  UPDATE messaging.inbox SET state = 'dead' WHERE consumer = $1 AND message_id = $2 AND stream = $3`;

/** Records failures of messages that are handled from the database, in their rows. */
export class DeferredFailures implements FailureStore {
  readonly #consumer: string;
  readonly #name: string;

  constructor(options: { consumer: string; name: string }) {
    this.#consumer = options.consumer;
    this.#name = options.name;
  }

  async recordAttempt(tx: SqlExecutor, held: ReceivedMessage, attempt: FailedAttempt): Promise<void> {
    const { attempts, delayMs, history } = attempt;
    await lockKey(tx, this.#keyOf(held));
    await tx.query(RECORD_ATTEMPT, [held.parkedId, attempts, JSON.stringify(history), delayMs / 1000]);
    if (held.group === undefined) await tx.query(POSTPONE, [this.#consumer, held.key, delayMs / 1000]);
  }

  async deadLetter(
    tx: SqlExecutor,
    held: ReceivedMessage,
    details: Omit<DeadLetterDetails, 'deaths'> & { blocks: boolean },
  ): Promise<void> {
    const { blocks, reason, attempts, history } = details;
    await lockKey(tx, this.#keyOf(held));
    const values = [held.parkedId, blocks, reason, attempts, JSON.stringify(history)];
    const [row] = await tx.query<{ deaths: number; freed: boolean }>(DEAD_LETTER, values);
    // Discarded while it was being handled.
    if (row === undefined) return;
    await tx.query(RECORD_DEAD, [this.#consumer, held.messageId, held.stream]);
    if (held.group === undefined) await settleKey(tx, this.#keyOf(held), row.freed ? -1 : 0);
    await insertOutboxRows(tx, [deadLetterRow(this.#name, held, { ...details, deaths: row.deaths })]);
  }

  #keyOf({ key }: ReceivedMessage): { consumer: string; key: string } {
    return { consumer: this.#consumer, key };
  }
}
