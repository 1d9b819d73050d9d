import type { SqlExecutor } from '@orderflow/database';
import type { Lease } from '../ownership/fence.ts';
import type { StreamState } from './stream-health.ts';

/** What is written of a stream. */
export interface StreamStatus {
  readonly name: string;
  readonly state: StreamState;
  readonly lastError: string | undefined;
  readonly floor: number;
}

/** Only by the relay that holds the lease, and only what has changed. */
const WRITE = `
  UPDATE messaging.relay_stream AS known
  SET state = now.state, reason = now.reason, scan_floor = now.floor, changed_at = clock_timestamp()
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS now (stream, state, reason, floor)
  WHERE known.stream = now.stream
    AND (known.state, known.reason, known.scan_floor) IS DISTINCT FROM (now.state, now.reason, now.floor)
    AND EXISTS (SELECT FROM messaging.ownership WHERE resource = $5 AND owner = $6 AND epoch = $7)`;

/** Tells every instance how the relay fares with each stream. */
export class RelayStatusStore {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  async write(lease: Lease, streams: readonly StreamStatus[]): Promise<void> {
    await this.#database.query(WRITE, [
      streams.map(({ name }) => name),
      streams.map(({ state }) => state),
      streams.map(({ lastError }) => lastError ?? null),
      streams.map(({ floor }) => floor),
      lease.resource,
      lease.owner,
      lease.epoch,
    ]);
  }
}
