import type { SqlDatabase, SqlExecutor } from '@orderflow/database';
import { assertLeases, type Lease } from '../ownership/fence.ts';
import type { WaitingRow } from './relay-store.ts';

const RECORD = `
  UPDATE messaging.outbox SET state = 'refused', refused_at = clock_timestamp(), reason = $4
  WHERE stream = $1 AND id = $2 AND message_id = $3`;

const DROP = `DELETE FROM messaging.outbox WHERE stream = $1 AND id = $2 AND message_id = $3`;

/** Served by outbox_refused. */
const KEYS = `SELECT DISTINCT stream, key FROM messaging.outbox WHERE state = 'refused'`;

/** What the relay knows of events that the broker will never take. */
export class RefusedStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  /** @throws OwnershipLost */
  async record(row: WaitingRow, reason: string, lease: Lease): Promise<void> {
    await this.#fenced(lease, (tx) => tx.query(RECORD, [row.stream, row.id, row.message_id, reason]));
  }

  /** @throws OwnershipLost */
  async drop(row: WaitingRow, lease: Lease): Promise<void> {
    await this.#fenced(lease, (tx) => tx.query(DROP, [row.stream, row.id, row.message_id]));
  }

  /** By stream, the keys that have a refused row. */
  async keys(): Promise<Map<string, Set<string>>> {
    const keys = new Map<string, Set<string>>();
    for (const { stream, key } of await this.#database.query<{ stream: string; key: string }>(KEYS)) {
      const ofStream = keys.get(stream);
      if (ofStream === undefined) keys.set(stream, new Set([key]));
      else ofStream.add(key);
    }
    return keys;
  }

  async #fenced(lease: Lease, work: (tx: SqlExecutor) => Promise<unknown>): Promise<void> {
    await this.#database.transaction(async (tx) => {
      await assertLeases(tx, [lease]);
      await work(tx);
    });
  }
}
