import type { SqlExecutor } from '@orderflow/database';
import { OLDEST_MS } from '../outbox/backlog-store.ts';
import { RELAY_RESOURCE } from '../topology/resource.ts';
import { firstRows } from './counted-rows.ts';

const WAITING = firstRows({
  from: `messaging.outbox WHERE available_at IS NULL AND state = 'waiting'`,
  order: 'stream, key, id',
});
const DELAYED = firstRows({ from: 'messaging.outbox WHERE available_at IS NOT NULL', order: 'available_at' });
const REFUSED = firstRows({ from: `messaging.outbox WHERE state = 'refused'`, order: 'stream, key' });

/**
 * Served by outbox_key, outbox_delayed and outbox_refused; the oldest row is looked for from the relay's scan floor on. Copies
 * of dead letters and rows behind a refused one are counted, and make nothing old.
 */
export const OUTBOX = `
  SELECT
    (SELECT count(*)::int FROM ${WAITING} AS waiting) AS unpublished,
    (SELECT count(*)::int FROM ${DELAYED} AS delayed) AS delayed,
    (SELECT count(*)::int FROM ${REFUSED} AS refused) AS refused,
    (${OLDEST_MS}) AS oldest_ms`;

const OWNERS = `SELECT resource, owner FROM messaging.ownership WHERE owner IS NOT NULL`;

/** How publishing fares. */
export interface OutboxFigures {
  readonly unpublished: number;
  /** Not to be published yet. */
  readonly delayed: number;
  readonly refused: number;
  /** Of the oldest row that could be published; null when there is none. */
  readonly oldestAgeMs: number | null;
  /** The instance that relays. */
  readonly relay: string | null;
}

interface OutboxRow {
  unpublished: number;
  delayed: number;
  refused: number;
  oldest_ms: number | null;
}

/** What the tables say about publishing, and about who holds what. */
export class OutboxView {
  readonly #database: SqlExecutor;

  constructor(database: SqlExecutor) {
    this.#database = database;
  }

  async outbox(): Promise<OutboxFigures> {
    const [row] = await this.#database.query<OutboxRow>(OUTBOX);
    const owners = await this.owners();
    const oldest = row?.oldest_ms ?? null;
    return {
      unpublished: row?.unpublished ?? 0,
      delayed: row?.delayed ?? 0,
      refused: row?.refused ?? 0,
      oldestAgeMs: oldest === null ? null : Math.round(oldest),
      relay: owners.get(RELAY_RESOURCE) ?? null,
    };
  }

  /** By resource: which instance holds it. */
  async owners(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.query<{ resource: string; owner: string }>(OWNERS);
    return new Map(rows.map((row) => [row.resource, row.owner]));
  }
}
