import type { SqlExecutor } from '@orderflow/database';

/**
 * `handled` its effects are there. `parked` it waits behind a dead letter of its key. `dead` it is a dead letter.
 * `discarded` somebody gave it up. `retrying` it failed and is tried again. `unknown` nothing of it is there.
 */
export type FinalState = 'handled' | 'parked' | 'dead' | 'discarded' | 'retrying' | 'unknown';

export interface PublishedEvent {
  messageId: string;
  /** CloudEvents type: `order.reserved.v1`. */
  type: string;
  key: string;
  data: unknown;
  /** True when it is published later. */
  delayed: boolean;
}

const STATE = `
  SELECT coalesce(
    (SELECT state FROM messaging.inbox WHERE message_id = $1 LIMIT 1),
    (SELECT 'retrying' FROM messaging.attempt WHERE message_id = $1 LIMIT 1),
    'unknown') AS state`;

const PUBLISHED = `
  SELECT message_id, headers, key, payload, available_at IS NOT NULL AS delayed FROM messaging.outbox
  WHERE headers->>'ce-causationid' = $1 ORDER BY id`;

interface OutboxRow {
  message_id: string;
  headers: Record<string, string>;
  key: string;
  payload: string;
  delayed: boolean;
}

/** Reads from the library's tables what became of a message. */
export class MessageOutcome {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  async stateOf(messageId: string): Promise<FinalState> {
    const [row] = await this.#database.query<{ state: FinalState }>(STATE, [messageId]);
    return row?.state ?? 'unknown';
  }

  async publishedBy(messageId: string): Promise<PublishedEvent[]> {
    const rows = await this.#database.query<OutboxRow>(PUBLISHED, [messageId]);
    return rows.map((row) => ({
      messageId: row.message_id,
      type: row.headers['ce-type'] ?? '',
      key: row.key,
      data: JSON.parse(row.payload) as unknown,
      delayed: row.delayed,
    }));
  }
}
