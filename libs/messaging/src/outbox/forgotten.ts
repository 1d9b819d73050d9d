import type { JetStreamManager } from '@nats-io/jetstream';
import type { SqlExecutor } from '@orderflow/database';
import { isStreamNotFound } from '../broker/api-error.ts';
import type { Log } from '../log.ts';

/** Served by outbox_published_seq, as are the others. */
const NEWEST = `
  SELECT message_id, published_seq FROM messaging.outbox
  WHERE stream = $1 AND published_at IS NOT NULL
  ORDER BY published_seq DESC LIMIT 1`;

const COUNT = `
  SELECT count(*)::int AS count FROM messaging.outbox WHERE stream = $1 AND published_at IS NOT NULL`;

const NTH = `
  SELECT message_id, published_seq FROM messaging.outbox
  WHERE stream = $1 AND published_at IS NOT NULL
  ORDER BY published_seq OFFSET $2 LIMIT 1`;

const FORGET = `
  UPDATE messaging.outbox SET published_at = NULL, published_seq = NULL
  WHERE stream = $1 AND published_at IS NOT NULL AND published_seq >= $2
  RETURNING id`;

interface Published {
  message_id: string;
  published_seq: number;
}

/**
 * Finds what the broker acknowledged and no longer has. nats-server acknowledges before it has synced to disk, so a
 * power loss, or a store that was restored or wiped, takes the newest messages away: a tail of the stream. Among the
 * published rows, in the order of their sequences, there is therefore a first one that is gone, and all after it are
 * gone as well; it is found by bisection. Those rows are published again, under the same ids.
 */
export class ForgottenRows {
  readonly #database: SqlExecutor;
  readonly #manager: JetStreamManager;
  readonly #streams: readonly string[];
  readonly #log: Log;

  /** @param streams what this service publishes to */
  constructor(parts: {
    database: SqlExecutor;
    manager: JetStreamManager;
    streams: readonly string[];
    log: Log;
  }) {
    this.#database = parts.database;
    this.#manager = parts.manager;
    this.#streams = parts.streams;
    this.#log = parts.log;
  }

  /** Must have ended before anything else is published, or a key's newer events would overtake what was forgotten. Returns how many rows will be published again. Rejects when the broker or the database cannot be asked. */
  async recall(): Promise<number> {
    let recalled = 0;
    for (const stream of this.#streams) recalled += await this.#recallStream(stream);
    return recalled;
  }

  async #recallStream(stream: string): Promise<number> {
    // Nearly always: the newest is there, so nothing is missing. The search would read all that is kept.
    const [newest] = await this.#database.query<Published>(NEWEST, [stream]);
    if (newest === undefined || (await this.#isStored(stream, newest))) return 0;
    const [total] = await this.#database.query<{ count: number }>(COUNT, [stream]);
    const first = (await this.#firstForgotten(stream, total?.count ?? 0)) ?? newest;
    const rows = await this.#database.query(FORGET, [stream, first.published_seq]);
    this.#log.warn(
      { stream, fromSequence: first.published_seq, rows: rows.length },
      'The broker forgot messages; publishing them again',
    );
    return rows.length;
  }

  async #firstForgotten(stream: string, count: number): Promise<Published | undefined> {
    let [low, high] = [0, count];
    let first: Published | undefined;
    for (let probe = Math.floor(count / 2); low < high; probe = Math.floor((low + high) / 2)) {
      const [row] = await this.#database.query<Published>(NTH, [stream, probe]);
      if (row === undefined || (await this.#isStored(stream, row))) low = probe + 1;
      else [first, high] = [row, probe];
    }
    return first;
  }

  async #isStored(stream: string, row: Published): Promise<boolean> {
    try {
      const message = await this.#manager.streams.getMessage(stream, { seq: row.published_seq });
      return message?.header.get('Nats-Msg-Id') === row.message_id;
    } catch (error) {
      if (isStreamNotFound(error)) return false;
      throw error;
    }
  }
}
