import type { SqlExecutor } from '@orderflow/database';
import type { Broker } from '../broker/broker.ts';

const LOAD = `SELECT sequence, stored_at FROM messaging.unrouted_cursor WHERE stream = $1`;

/** Nothing is returned when another instance has moved it since it was loaded. */
const MOVE = `
  INSERT INTO messaging.unrouted_cursor AS cursor (stream, sequence, stored_at) VALUES ($1, $2, $3)
  ON CONFLICT (stream) DO UPDATE SET sequence = excluded.sequence, stored_at = excluded.stored_at
  WHERE cursor.sequence = $4
  RETURNING stream`;

const FORGET = `DELETE FROM messaging.unrouted_cursor WHERE stream = $1 AND sequence = $2`;

/** The client rounds the broker's nanoseconds in two ways. */
const SAME_TIME_MS = 1;

/** A message of a stream: its sequence, and when it was stored. */
export interface Place {
  sequence: number;
  storedAt: Date;
}

/** The last message of a stream that was looked at, kept in the service's database. */
export class ScanCursor {
  readonly #stream: string;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** Undefined when the stream must be read from its beginning. */
  async load(database: SqlExecutor): Promise<Place | undefined> {
    const [row] = await database.query<{ sequence: number; stored_at: Date }>(LOAD, [this.#stream]);
    return row === undefined ? undefined : { sequence: row.sequence, storedAt: row.stored_at };
  }

  /** @throws Error when another instance has moved it from where we took it to be */
  async move(tx: SqlExecutor, from: number, to: Place): Promise<void> {
    const moved = await tx.query(MOVE, [this.#stream, to.sequence, to.storedAt, from]);
    if (moved.length === 0) throw new Error('Another instance reads this stream');
  }

  async forget(database: SqlExecutor, place: Place): Promise<void> {
    await database.query(FORGET, [this.#stream, place.sequence]);
  }

  /** False for a stream that was made again, or lost its end: it counts the same sequences anew for other messages. */
  async isOf({ manager }: Broker, place: Place): Promise<boolean> {
    const message = await manager.streams.getMessage(this.#stream, { seq: place.sequence });
    if (message !== null) return isSameTime(message.time, place.storedAt);
    // Expired, or purged.
    const { created, state } = await manager.streams.info(this.#stream);
    return new Date(created) <= place.storedAt && state.last_seq >= place.sequence;
  }
}

export function isSameTime(a: Date, b: Date): boolean {
  return Math.abs(a.getTime() - b.getTime()) <= SAME_TIME_MS;
}
