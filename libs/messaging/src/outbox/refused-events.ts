import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { MessagingError } from '../errors/messaging-error.ts';

/** An event that the broker will never take as it is. */
export interface RefusedEvent {
  messageId: string;
  stream: string;
  subject: string;
  key: string;
  reason: string;
  refusedAt: Date;
  bytes: number;
  /** Later events of its key, which wait behind it; 1,000 stands for as many or more. */
  behind: number;
}

/** Who decides, and why. */
export interface Decision {
  who: string;
  why: string;
}

/**
 * Served by outbox_refused_oldest and outbox_key. Counts no further than 1,000: a key may have millions. The range for `=` is
 * explained at LOOK_AT_KEYS in relay-store.ts.
 */
export const REFUSED = `
  SELECT message_id AS "messageId", stream, subject, key, reason, refused_at AS "refusedAt",
    octet_length(payload) AS bytes,
    (SELECT count(*)::int FROM (
       SELECT FROM messaging.outbox AS later
       WHERE later.stream = refused.stream AND later.key BETWEEN refused.key AND refused.key
         AND (later.key, later.id) > (refused.key, refused.id) AND later.available_at IS NULL
       ORDER BY later.key, later.id LIMIT (SELECT 1000)
     ) AS later) AS behind
  FROM messaging.outbox AS refused WHERE state = 'refused' AND id > $1 ORDER BY id LIMIT (SELECT $2::int)`;

const RETRY = `
  UPDATE messaging.outbox SET state = 'waiting', refused_at = NULL, reason = NULL
  WHERE message_id = $1 AND state = 'refused' RETURNING key, stream`;

const DISCARD = `
  DELETE FROM messaging.outbox WHERE message_id = $1 AND state = 'refused' RETURNING key, stream, payload`;

const NOTE = `
  INSERT INTO messaging.intervention (who, why, action, consumer, key, message_id, payload_before)
  VALUES ($1, $2, $3, 'outbox', $4, $5, convert_to($6, 'UTF8'))`;

/** What operators can do about events that the broker refuses permanently. Each decision is recorded. */
export class RefusedEvents {
  readonly #database: SqlDatabase;
  readonly #wake: () => void;

  /** @param wake tells the relay, which otherwise notices within a second */
  constructor(database: SqlDatabase, wake: () => void) {
    this.#database = database;
    this.#wake = wake;
  }

  /** The oldest first. */
  async list(limit = 100): Promise<RefusedEvent[]> {
    return await this.#database.query<RefusedEvent>(REFUSED, [0, limit]);
  }

  /**
   * Publishes the event again, then what waits behind it: once the limit of the broker was raised, for instance.
   *
   * @throws MessagingError `NOT_FOUND`
   */
  async retry(messageId: string, decision: Decision): Promise<void> {
    await this.#decide(RETRY, 'retry-event', { messageId, decision });
  }

  /**
   * Gives the event up; what waits behind it is published. The record of the decision keeps its payload.
   *
   * @throws MessagingError `NOT_FOUND`
   */
  async discard(messageId: string, decision: Decision): Promise<void> {
    await this.#decide(DISCARD, 'discard-event', { messageId, decision });
  }

  async #decide(
    statement: string,
    action: string,
    { messageId, decision }: { messageId: string; decision: Decision },
  ): Promise<void> {
    await this.#database.transaction(async (tx: SqlExecutor) => {
      const [row] = await tx.query<{ key: string; payload?: string }>(statement, [messageId]);
      if (row === undefined) throw notFound(messageId);
      await tx.query(NOTE, [decision.who, decision.why, action, row.key, messageId, row.payload ?? null]);
    });
    this.#wake();
  }
}

function notFound(messageId: string): MessagingError {
  return new MessagingError('NOT_FOUND', `No refused event has the id ${messageId}.`, {
    remedy: 'List the refused events: it may have been retried or discarded meanwhile.',
  });
}
